using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Lectern.SharedKernel.Audit;

namespace Lectern.Billing.Audit;

/// <summary>
/// Folds each wallet's stream and compares what comes out with the rows: every entry of the ledger with its event, and
/// the balance with the state. The row's version says up to which event, so no lock is needed.
/// </summary>
internal sealed class RowsEqualEvents(EventStore store) : IAuditCheck
{
    private const int PageSize = 1000;

    public string Name => "billing.rows_equal_events";

    public Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel) =>
        WalletPages.CollectAsync(
            store,
            async (session, wallets) =>
            {
                var rows = await session.QueryAsync(
                    "select id, posted, held, version from billing.wallets where id = any($1)",
                    row => new WalletRow(row.GetGuid(0), row.GetInt64(1), row.GetInt64(2), row.GetInt32(3)),
                    cancel,
                    wallets
                );
                var breaches = new List<string>();
                foreach (var row in rows)
                    breaches.AddRange(await CompareAsync(session, row, cancel));
                return breaches;
            },
            cancel
        );

    private static async Task<List<string>> CompareAsync(Session session, WalletRow row, CancellationToken cancel)
    {
        var breaches = new List<string>();
        var wallet = Wallet.Initial;
        for (var version = 0; version < row.Version; )
        {
            var events = await session.ReadStreamAsync(
                row.Id,
                version,
                Math.Min(PageSize, row.Version - version),
                cancel
            );
            if (events.Count == 0)
            {
                breaches.Add($"wallet {row.Id} is at version {row.Version}, but its stream ends at {version}");
                return breaches;
            }

            var entries = await EntriesAsync(session, row.Id, version, version + events.Count, cancel);
            foreach (var stored in events)
            {
                var before = wallet;
                wallet = Wallet.Evolve(wallet, stored.Data);
                version = stored.Version!.Value;
                var expected = new Entry(
                    wallet.Posted - before.Posted,
                    wallet.Held - before.Held,
                    wallet.Posted,
                    wallet.Held
                );
                if (version > 1 && entries.GetValueOrDefault(version) != expected) // version 1 opened it and moved nothing
                    breaches.Add($"entry {version} of wallet {row.Id} is not what its event says");
            }
        }

        if (wallet.Posted != row.Posted || wallet.Held != row.Held)
            breaches.Add(
                $"wallet {row.Id} has {row.Posted} posted and {row.Held} held, but its events say {wallet.Posted} and {wallet.Held}"
            );
        return breaches;
    }

    private static async Task<Dictionary<int, Entry>> EntriesAsync(
        Session session,
        Guid wallet,
        int after,
        int upTo,
        CancellationToken cancel
    )
    {
        var entries = await session.QueryAsync(
            """
            select number, posted_change, held_change, posted, held from billing.ledger
            where wallet_id = $1 and number > $2 and number <= $3
            """,
            row =>
                KeyValuePair.Create(
                    row.GetInt32(0),
                    new Entry(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4))
                ),
            cancel,
            wallet,
            after,
            upTo
        );
        return new Dictionary<int, Entry>(entries);
    }

    private sealed record WalletRow(Guid Id, long Posted, long Held, int Version);

    private sealed record Entry(long PostedChange, long HeldChange, long Posted, long Held);
}
