using Lectern.Eventing;
using Lectern.SharedKernel.Audit;

namespace Lectern.Billing.Audit;

/// <summary>The books of every wallet are what its events say, from the first one on.</summary>
internal sealed class RowsEqualEvents(EventStore store) : IAuditCheck
{
    public const string CheckName = "billing.rows_equal_events";

    public string Name => CheckName;

    public Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel) =>
        WalletPages.CollectAsync(
            store,
            async (session, wallets) =>
            {
                var rows = await WalletBooks.ReadAsync(session, wallets, cancel);
                var breaches = await WalletBooks.CompareAsync(session, rows, WalletBooks.FromTheBeginning, cancel);
                return breaches.Select(breach => breach.Text);
            },
            cancel
        );
}
