using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Lectern.Billing.Ledger;

/// <summary>An entry of the ledger, amounts in credits.</summary>
/// <param name="Number">Its place in the wallet's history; the larger, the later.</param>
/// <param name="Kind"><c>granted</c>, <c>held</c>, <c>captured</c> or <c>released</c>.</param>
/// <param name="Posted">By how much the posted credits changed.</param>
/// <param name="Held">By how much the held credits changed.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Hold">The hold that it placed or ended.</param>
/// <param name="Job">The job that the hold is for.</param>
/// <param name="Reason">Why it was granted or released, or the kind of job that was captured for.</param>
/// <param name="At">When.</param>
internal sealed record LedgerEntry(
    int Number,
    string Kind,
    string Posted,
    string Held,
    CreditsView Balance,
    string? Hold,
    string? Job,
    string? Reason,
    DateTimeOffset At
)
{
    public const string Columns = "number, kind, posted_change, held_change, posted, held, hold_id, job_id, reason, at";

    public static LedgerEntry Read(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0),
            row.GetString(1),
            Credits.Format(row.GetInt64(2)),
            Credits.Format(row.GetInt64(3)),
            CreditsView.Of(new Balance(row.GetInt64(4), row.GetInt64(5))),
            row.IsDBNull(6) ? null : PublicId.Format("hold", row.GetGuid(6)),
            row.IsDBNull(7) ? null : PublicId.Format("job", row.GetGuid(7)),
            row.IsDBNull(8) ? null : row.GetString(8),
            row.GetFieldValue<DateTimeOffset>(9)
        );
}

/// <summary><c>GET /credits/ledger</c>.</summary>
internal static class LedgerEndpoint
{
    private static readonly LedgerEntry Example = new(
        4,
        "captured",
        "-9.4",
        "-9.4",
        new CreditsView("10.6", "0", "10.6"),
        "hold_01h455vb4pex5vsknk084sn02q",
        "job_01h455vb4pex5vsknk084sn02r",
        "audiobook",
        DateTimeOffset.UnixEpoch
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/credits/ledger", HandleAsync)
            .WithName("ListLedger")
            .WithTags("credits")
            .WithSummary("Every movement of the workspace's credits, newest first")
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: new Page<LedgerEntry>([Example], null));

    private static async Task<Results<Ok<Page<LedgerEntry>>, ProblemResult>> HandleAsync(
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        if (Paging.CheckLimit(limit) is { } badLimit)
            return badLimit.AsResult();
        var list = $"ledger|{caller.Workspace}";
        var before = int.MaxValue;
        if (cursor is not null)
        {
            if (!cursors.TryRead(list, cursor, out _, out var position))
                return Paging.BadCursor().AsResult();
            before = NumberOf(position);
        }

        var size = limit ?? Paging.DefaultLimit;
        await using var session = store.OpenSession(caller);
        // By number and not by time: a later entry may bear an earlier time, that of its transaction's start.
        var entries = await session.QueryAsync(
            $"""
            select {LedgerEntry.Columns} from billing.ledger
            where wallet_id = $1 and number < $2 order by number desc limit $3
            """,
            LedgerEntry.Read,
            cancel,
            Wallet.IdOf(caller.Workspace),
            before,
            size + 1
        );
        var page = entries.Take(size).ToList();
        var next = entries.Count > size ? cursors.Write(list, page[^1].At, PositionOf(page[^1].Number)) : null;
        return TypedResults.Ok(new Page<LedgerEntry>(page, next));
    }

    // A cursor carries an id; an entry's number stands in its first four bytes.
    private static Guid PositionOf(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static int NumberOf(Guid position) => BitConverter.ToInt32(position.ToByteArray());
}
