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
/// Compares wallets' books with what happened: every entry of the ledger with its event and with the entry before it, and
/// the balance with the last entry, the open holds and the lots. The row's version says up to which event, so no lock is
/// needed, and wallets may move while they are audited. A thousand events are read at once, of however many wallets.
/// </summary>
internal static class WalletBooks
{
    /// <summary>To compare all there is.</summary>
    public static readonly IReadOnlyDictionary<Guid, int> FromTheBeginning = new Dictionary<Guid, int>();

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

    /// <summary>What doesn't add up, of the events after a version of each wallet: where none is given, of all.</summary>
    public static async Task<List<WalletBreach>> CompareAsync(
        Session session,
        IReadOnlyList<WalletRow> rows,
        IReadOnlyDictionary<Guid, int> after,
        CancellationToken cancel
    )
    {
        var breaches = new List<WalletBreach>();
        var page = new List<Part>();
        var cutShort = new HashSet<Guid>();
        var room = PageSize;
        foreach (var row in rows)
        {
            if (row.Version < row.StreamVersion)
                breaches.Add(
                    Breach(row, $"is at version {row.Version}, but its stream has {row.StreamVersion} events already")
                );
            var version = after.GetValueOrDefault(row.Id);
            do
            {
                var end = Math.Max(version, Math.Min(row.Version, version + room));
                page.Add(new Part(row, version, end));
                room -= end - version;
                version = end;
                if (room == 0)
                    await ComparePageAsync();
            } while (version < row.Version && !cutShort.Contains(row.Id));
        }

        await ComparePageAsync();
        return breaches;

        async Task ComparePageAsync()
        {
            var events = (
                await session.ReadStreamsAsync(
                    [.. page.Select(part => new StreamPart(part.Row.Id, part.After, part.UpTo))],
                    cancel
                )
            ).ToLookup(stored => stored.Stream);
            var entries = await EntriesAsync(session, page, cancel);
            foreach (var part in page)
                if (!Compare(part, events[part.Row.Id], entries[part.Row.Id], breaches))
                    cutShort.Add(part.Row.Id);
            page.Clear();
            room = PageSize;
        }
    }

    /// <summary>Compares a part of a wallet's books; false when its stream ends within.</summary>
    private static bool Compare(
        Part part,
        IEnumerable<StoredEvent> events,
        IEnumerable<(int Number, Entry Entry)> entries,
        List<WalletBreach> breaches
    )
    {
        var row = part.Row;
        var byNumber = entries.ToDictionary(each => each.Number, each => each.Entry);
        var balance = new Balance(0, 0);
        foreach (var (number, before) in byNumber)
            if (number <= part.After)
                balance = new Balance(before.Posted, before.Held);
        var version = part.After;
        foreach (var stored in events)
        {
            version = stored.Version!.Value;
            var entry = byNumber.GetValueOrDefault(version);
            var expected = ChangeBy(stored.Data) is var (posted, held)
                ? new Entry(posted, held, balance.Posted + posted, balance.Held + held)
                : null;
            if (entry != expected)
                breaches.Add(
                    new WalletBreach(row.Workspace, $"entry {version} of wallet {row.Id} is not what its event says")
                );
            if (entry is not null)
                balance = new Balance(entry.Posted, entry.Held);
        }

        if (version < part.UpTo)
        {
            breaches.Add(Breach(row, $"is at version {row.Version}, but its stream ends at {version}"));
            return false;
        }

        if (version < row.Version)
            return true;
        if (balance.Posted != row.Posted || balance.Held != row.Held)
            breaches.Add(
                Breach(
                    row,
                    $"has {row.Posted} posted and {row.Held} held, but its ledger ends with {balance.Posted} and {balance.Held}"
                )
            );
        if (row.Held != row.Open || row.Posted != row.Left || row.Held < 0 || row.Posted < row.Held)
            breaches.Add(
                Breach(
                    row,
                    $"has {row.Posted} posted and {row.Held} held, but {row.Open} in open holds and {row.Left} left of its lots"
                )
            );
        return true;
    }

    private static WalletBreach Breach(WalletRow row, string what) => new(row.Workspace, $"wallet {row.Id} {what}");

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

    /// <summary>The entries of each part, and the last one before it.</summary>
    private static async Task<ILookup<Guid, (int Number, Entry Entry)>> EntriesAsync(
        Session session,
        List<Part> parts,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync(
                """
                select p.wallet, l.number, l.posted_change, l.held_change, l.posted, l.held
                from unnest($1::uuid[], $2::int[], $3::int[]) p (wallet, after, up_to)
                cross join lateral (
                    (select * from billing.ledger
                     where wallet_id = p.wallet and number <= p.after order by number desc limit 1)
                    union all
                    (select * from billing.ledger
                     where wallet_id = p.wallet and number > p.after and number <= p.up_to)) l
                """,
                row =>
                    (
                        Wallet: row.GetGuid(0),
                        Number: row.GetInt32(1),
                        Entry: new Entry(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5))
                    ),
                cancel,
                parts.Select(part => part.Row.Id).ToArray(),
                parts.Select(part => part.After).ToArray(),
                parts.Select(part => part.UpTo).ToArray()
            )
        ).ToLookup(row => row.Wallet, row => (row.Number, row.Entry));

    private sealed record Entry(long PostedChange, long HeldChange, long Posted, long Held);

    /// <summary>The events of a wallet behind a version, up to another.</summary>
    private sealed record Part(WalletRow Row, int After, int UpTo);
}
