using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Lectern.SharedKernel.Audit;

namespace Lectern.Billing.Audit;

/// <summary>
/// Folds each wallet's stream by the rules as plain code: each event was allowed when it was appended, and the open holds
/// and the lots that come out are the ones in the tables. So a constraint that was lost is noticed by what it let pass.
/// </summary>
internal sealed class EventsKeepTheRules(EventStore store) : IAuditCheck
{
    private const int PageSize = 1000;

    public string Name => "billing.events_keep_the_rules";

    public Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel) =>
        WalletPages.CollectAsync(
            store,
            async (session, wallets) =>
            {
                var rows = await session.QueryAsync(
                    """
                    select id, version,
                        array(select hold_id || ' ' || amount from billing.open_holds where wallet_id = w.id),
                        array(select l.id || ' ' || remaining from billing.lots l where wallet_id = w.id and remaining > 0)
                    from billing.wallets w where id = any($1)
                    """,
                    row => new Books(
                        row.GetGuid(0),
                        row.GetInt32(1),
                        row.GetFieldValue<string[]>(2),
                        row.GetFieldValue<string[]>(3)
                    ),
                    cancel,
                    wallets
                );
                var breaches = new List<string>();
                foreach (var row in rows)
                    breaches.AddRange(await FoldAsync(session, row, cancel));
                return breaches;
            },
            cancel
        );

    private static async Task<List<string>> FoldAsync(Session session, Books books, CancellationToken cancel)
    {
        var breaches = new List<string>();
        var wallet = Wallet.Initial;
        for (var version = 0; version < books.Version; )
        {
            var events = await session.ReadStreamAsync(
                books.Wallet,
                version,
                Math.Min(PageSize, books.Version - version),
                cancel
            );
            if (events.Count == 0)
                return breaches; // the stream ends too early, which another check says
            foreach (var stored in events)
            {
                if (wallet.Refusal(stored.Data) is { } rule)
                    breaches.Add($"event {stored.Version} of wallet {books.Wallet} breaks {rule}");
                wallet = Wallet.Evolve(wallet, stored.Data);
                version = stored.Version!.Value;
            }
        }

        if (!books.Open.ToHashSet().SetEquals(wallet.Open.Select(hold => $"{hold.Key} {hold.Value}")))
            breaches.Add($"the open holds of wallet {books.Wallet} are not those of its events");
        if (
            !books
                .Lots.ToHashSet()
                .SetEquals(wallet.Lots.Where(lot => lot.Remaining > 0).Select(lot => $"{lot.Id} {lot.Remaining}"))
        )
            breaches.Add($"the lots of wallet {books.Wallet} are not those of its events");
        return breaches;
    }

    private sealed record Books(Guid Wallet, int Version, string[] Open, string[] Lots);
}
