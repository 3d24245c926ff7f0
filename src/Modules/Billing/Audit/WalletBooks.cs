using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Billing.Audit;

/// <summary>A wallet at one moment, as one statement saw it; in micro-credits.</summary>
/// <param name="Id">The wallet.</param>
/// <param name="Workspace">Whose it is.</param>
/// <param name="Posted">As its row says.</param>
/// <param name="Held">As its row says.</param>
/// <param name="Version">Up to which event of its stream this goes.</param>
/// <param name="Open">The sum of its open holds.</param>
/// <param name="Left">What is left of its lots.</param>
/// <param name="StreamVersion">How many events its stream had a moment before.</param>
internal sealed record WalletRow(
    Guid Id,
    Guid Workspace,
    long Posted,
    long Held,
    int Version,
    decimal Open,
    decimal Left,
    int StreamVersion
);

/// <summary>
/// Compares a wallet's books with what happened: every entry of the ledger with its event and with the entry before it,
/// and the balance with the last entry, the open holds and the lots. The row's version says up to which event, so no lock
/// is needed, and wallets may move while they are audited.
/// </summary>
internal static class WalletBooks
{
    private const int PageSize = 1000;

    public static async Task<List<WalletRow>> ReadAsync(Session session, Guid[] wallets, CancellationToken cancel)
    {
        var streams = await session.VersionsAsync(wallets, cancel); // first: rows that are read later have at least as much
        return await session.QueryAsync(
            """
            select w.id, w.workspace_id, w.posted, w.held, w.version,
                (select coalesce(sum(amount), 0) from billing.open_holds where wallet_id = w.id),
                (select coalesce(sum(remaining), 0) from billing.lots where wallet_id = w.id)
            from billing.wallets w where w.id = any($1) order by w.id
            """,
            row => new WalletRow(
                row.GetGuid(0),
                row.GetGuid(1),
                row.GetInt64(2),
                row.GetInt64(3),
                row.GetInt32(4),
                row.GetDecimal(5),
                row.GetDecimal(6),
                streams.GetValueOrDefault(row.GetGuid(0))
            ),
            cancel,
            wallets
        );
    }

    /// <summary>What doesn't add up, of the events after a version.</summary>
    public static async Task<List<string>> CompareAsync(
        Session session,
        WalletRow row,
        int after,
        CancellationToken cancel
    )
    {
        var breaches = new List<string>();
        if (row.Version < row.StreamVersion)
            breaches.Add(
                $"wallet {row.Id} is at version {row.Version}, but its stream has {row.StreamVersion} events already"
            );
        var balance = await BalanceAtAsync(session, row.Id, after, cancel);
        for (var version = after; version < row.Version; )
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
                version = stored.Version!.Value;
                var entry = entries.GetValueOrDefault(version);
                var expected = ChangeBy(stored.Data) is var (posted, held)
                    ? new Entry(posted, held, balance.Posted + posted, balance.Held + held)
                    : null;
                if (entry != expected)
                    breaches.Add($"entry {version} of wallet {row.Id} is not what its event says");
                if (entry is not null)
                    balance = new Balance(entry.Posted, entry.Held);
            }
        }

        if (balance.Posted != row.Posted || balance.Held != row.Held)
            breaches.Add(
                $"wallet {row.Id} has {row.Posted} posted and {row.Held} held, but its ledger ends with {balance.Posted} and {balance.Held}"
            );
        if (row.Held != row.Open || row.Posted != row.Left || row.Held < 0 || row.Posted < row.Held)
            breaches.Add(
                $"wallet {row.Id} has {row.Posted} posted and {row.Held} held, but {row.Open} in open holds and {row.Left} left of its lots"
            );
        return breaches;
    }

    /// <summary>By how much an event changes what is posted and held; null for one that moves no money.</summary>
    private static (long Posted, long Held)? ChangeBy(object e) =>
        e switch
        {
            CreditsGranted granted => (granted.Amount, 0),
            CreditsHeld held => (0, held.Amount),
            CreditsDeducted deducted => (-deducted.Captured, -deducted.Held),
            HoldReleased released => (0, -released.Amount),
            CreditsExpired expired => (-expired.Amount, 0),
            CreditsRefunded refunded => (refunded.Amount, 0),
            CreditsCorrected corrected => (corrected.Amount, 0),
            _ => null,
        };

    private static async Task<Balance> BalanceAtAsync(
        Session session,
        Guid wallet,
        int version,
        CancellationToken cancel
    )
    {
        var last = await session.QueryAsync(
            "select posted, held from billing.ledger where wallet_id = $1 and number <= $2 order by number desc limit 1",
            row => new Balance(row.GetInt64(0), row.GetInt64(1)),
            cancel,
            wallet,
            version
        );
        return last.FirstOrDefault() ?? new Balance(0, 0);
    }

    private static async Task<Dictionary<int, Entry>> EntriesAsync(
        Session session,
        Guid wallet,
        int after,
        int upTo,
        CancellationToken cancel
    ) =>
        new(
            await session.QueryAsync(
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
            )
        );

    private sealed record Entry(long PostedChange, long HeldChange, long Posted, long Held);
}
