using System.Runtime.CompilerServices;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Npgsql;
using NpgsqlTypes;

namespace Lectern.Billing.Ledger;

/// <summary>An entry of the ledger, amounts in credits.</summary>
/// <param name="Number">Its place in the wallet's history; the larger, the later.</param>
/// <param name="Kind"><c>granted</c>, <c>held</c>, <c>captured</c>, <c>released</c>, <c>expired</c>, <c>refunded</c> or <c>corrected</c>.</param>
/// <param name="Posted">By how much the posted credits changed.</param>
/// <param name="Held">By how much the held credits changed.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Hold">The hold that it placed, ended or refunded.</param>
/// <param name="Job">The job that the hold is for.</param>
/// <param name="Reason">Why, as a stable code: of a grant, a release, a refund; the kind of job that was captured for.</param>
/// <param name="Corrects">The number of the entry that this one corrects.</param>
/// <param name="Note">What the administrator wrote who granted, refunded or corrected it.</param>
/// <param name="At">When.</param>
internal sealed record LedgerEntry(
    int Number,
    string Kind,
    string Posted,
    string Held,
    BalanceView Balance,
    string? Hold,
    string? Job,
    string? Reason,
    int? Corrects,
    string? Note,
    DateTimeOffset At
)
{
    public static LedgerEntry Read(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0),
            row.GetString(1),
            Credits.Format(row.GetInt64(2)),
            Credits.Format(row.GetInt64(3)),
            BalanceView.Of(new Balance(row.GetInt64(4), row.GetInt64(5))),
            row.IsDBNull(6) ? null : PublicId.Format("hold", row.GetGuid(6)),
            row.IsDBNull(7) ? null : PublicId.Format("job", row.GetGuid(7)),
            row.IsDBNull(8) ? null : row.GetString(8),
            row.IsDBNull(9) ? null : row.GetInt32(9),
            row.IsDBNull(10) ? null : row.GetString(10),
            row.GetFieldValue<DateTimeOffset>(11)
        );
}

/// <summary>Which entries of a ledger; null for no condition.</summary>
/// <param name="Kind">Of this kind.</param>
/// <param name="Job">For this job.</param>
/// <param name="From">Since this moment.</param>
/// <param name="Until">Before this moment.</param>
internal sealed record LedgerFilter(
    string? Kind = null,
    Guid? Job = null,
    DateTimeOffset? From = null,
    DateTimeOffset? Until = null
);

/// <summary>Reads the ledger of the session's workspace.</summary>
internal static class LedgerEntries
{
    private const int PageSize = 1000;

    /// <summary>Entries before a number, newest first.</summary>
    // By number and not by time: a later entry may bear an earlier time, that of its transaction's start.
    public static Task<List<LedgerEntry>> BeforeAsync(
        Session session,
        LedgerFilter filter,
        int before,
        int limit,
        CancellationToken cancel
    ) => ReadAsync(session, filter, "number < $2", "desc", before, limit, cancel);

    /// <summary>All entries, oldest first, read as they are asked for.</summary>
    public static async IAsyncEnumerable<LedgerEntry> AllAsync(
        Session session,
        LedgerFilter filter,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        for (var after = 0; ; )
        {
            var page = await ReadAsync(session, filter, "number > $2", "asc", after, PageSize, cancel);
            foreach (var entry in page)
                yield return entry;
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Number;
        }
    }

    private static Task<List<LedgerEntry>> ReadAsync(
        Session session,
        LedgerFilter filter,
        string place,
        string order,
        int number,
        int limit,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            $"""
            select number, kind, posted_change, held_change, posted, held, hold_id, job_id, reason, corrects, n.note, at
            from billing.ledger l left join billing.notes n on n.id = l.cause_id and l.kind <> 'expired'
            where wallet_id = $1 and {place} and ($4::text is null or kind = $4) and ($5::uuid is null or job_id = $5)
              and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
            order by number {order} limit $3
            """,
            LedgerEntry.Read,
            cancel,
            Wallet.IdOf(session.Context.Workspace),
            number,
            limit,
            Typed.Text(filter.Kind),
            Typed.Uuid(filter.Job),
            new Typed(filter.From, NpgsqlDbType.TimestampTz),
            new Typed(filter.Until, NpgsqlDbType.TimestampTz)
        );
}
