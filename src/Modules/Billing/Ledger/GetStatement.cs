using System.Globalization;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Ledger;

/// <summary>A month of the workspace's credits: what there was, what came, what went, what there is.</summary>
/// <param name="Month">As 2026-10; its days are UTC.</param>
/// <param name="Opening">Posted credits when the month began.</param>
/// <param name="Lines">What changed them, by kind and reason.</param>
/// <param name="Closing">Posted credits when the month ended, or now: the opening ones and all lines.</param>
/// <param name="IsFinal">Whether the month is over.</param>
internal sealed record StatementView(
    string Month,
    string Opening,
    IReadOnlyList<StatementLine> Lines,
    string Closing,
    bool IsFinal
);

/// <summary>A line of a statement.</summary>
/// <param name="Kind"><c>granted</c>, <c>captured</c>, <c>expired</c>, <c>refunded</c> or <c>corrected</c>.</param>
/// <param name="Reason">Why, or the kind of job.</param>
/// <param name="Entries">How many entries of the ledger.</param>
/// <param name="Credits">By how much they changed what is posted.</param>
internal sealed record StatementLine(string Kind, string? Reason, long Entries, string Credits);

/// <summary><c>GET /credits/statements/{month}</c>.</summary>
internal static class GetStatementEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/credits/statements/{month}", HandleAsync)
            .WithName("GetStatement")
            .WithTags("credits")
            .WithSummary("A month's statement: opening balance, what changed it, closing balance")
            .WithDescription(
                "A month is written 2026-10 and is UTC. Holds don't show, for they change no posted credits."
            )
            .WithProblems(CommonProblems.NotFound)
            .WithExample(
                response: new StatementView(
                    "2026-10",
                    "20",
                    [
                        new StatementLine("captured", "audiobook", 2, "-9.8"),
                        new StatementLine("granted", "promotional_code", 1, "5"),
                    ],
                    "15.2",
                    true
                )
            );

    private static async Task<Results<Ok<StatementView>, ProblemResult>> HandleAsync(
        string month,
        Caller caller,
        EventStore store,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        if (
            !DateTime.TryParseExact(
                month,
                "yyyy-MM",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var first
            )
            || first.Year == 9999
        )
            return CommonProblems.NotFound.With("There is no such month. One is written 2026-10.").AsResult();

        await using var session = store.OpenSession(caller);
        // One statement, so that opening, lines and closing are of one moment.
        var sums = await session.QueryAsync(
            """
            select at >= $2, case when at >= $2 then kind end, case when at >= $2 then reason end,
                count(*), sum(posted_change)::bigint
            from billing.ledger
            where wallet_id = $1 and at < $3 and posted_change <> 0
            group by 1, 2, 3 order by 1, 2, 3
            """,
            row =>
                (
                    InMonth: row.GetBoolean(0),
                    Kind: row.IsDBNull(1) ? "" : row.GetString(1),
                    Reason: row.IsDBNull(2) ? null : row.GetString(2),
                    Entries: row.GetInt64(3),
                    Amount: row.GetInt64(4)
                ),
            cancel,
            Wallet.IdOf(caller.Workspace),
            first,
            first.AddMonths(1)
        );
        return TypedResults.Ok(
            new StatementView(
                month,
                Credits.Format(sums.Where(sum => !sum.InMonth).Sum(sum => sum.Amount)),
                [
                    .. sums.Where(sum => sum.InMonth)
                        .Select(sum => new StatementLine(
                            sum.Kind,
                            sum.Reason,
                            sum.Entries,
                            Credits.Format(sum.Amount)
                        )),
                ],
                Credits.Format(sums.Sum(sum => sum.Amount)),
                first.AddMonths(1) <= time.GetUtcNow().UtcDateTime
            )
        );
    }
}
