using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Billing.Ledger;

/// <summary>What Billing adds to an export: the personal workspace's balance and every entry of its ledger, oldest first.</summary>
internal sealed class LedgerExport(EventStore store) : IExportPart
{
    public string Name => "credits";

    public string About => "the balance of your personal workspace, and every movement of its credits.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenSession(subject);
        var balance = BalanceView.Of(await Wallets.BalanceAsync(session, cancel));
        await folder.WriteJsonAsync("balance.json", balance, cancel);
        await folder.WriteLinesAsync(
            "ledger.jsonl",
            LedgerEntries.AllAsync(session, new LedgerFilter(), cancel),
            cancel
        );
    }
}
