using System.Runtime.CompilerServices;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Billing.Ledger;

/// <summary>What Billing adds to an export: the personal workspace's balance and every entry of its ledger, oldest first.</summary>
internal sealed class LedgerExport(EventStore store) : IExportPart
{
    private const int PageSize = 1000;

    public string Name => "credits";

    public string About => "the balance of your personal workspace, and every movement of its credits.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenSession(
            new SessionContext(
                subject.Workspace,
                CallerSessions.ActorOf(subject.Person),
                CallerSessions.RequestCorrelation()
            )
        );
        var balance = CreditsView.Of(await Wallets.BalanceAsync(session, cancel));
        await folder.WriteJsonAsync("balance.json", balance, cancel);
        await folder.WriteLinesAsync("ledger.jsonl", EntriesAsync(session, subject.Workspace, cancel), cancel);
    }

    private static async IAsyncEnumerable<LedgerEntry> EntriesAsync(
        Session session,
        Guid workspace,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var after = 0;
        while (true)
        {
            var page = await session.QueryAsync(
                $"""
                select {LedgerEntry.Columns} from billing.ledger
                where wallet_id = $1 and number > $2 order by number limit $3
                """,
                LedgerEntry.Read,
                cancel,
                Wallet.IdOf(workspace),
                after,
                PageSize
            );
            foreach (var entry in page)
                yield return entry;
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Number;
        }
    }
}
