using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Spend;

/// <summary>What a workspace spent, amounts in credits.</summary>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC.</param>
/// <param name="Total">Over all days and kinds.</param>
/// <param name="Days">Oldest first; days on which nothing ended are left out.</param>
internal sealed record SpendView(DateOnly From, DateOnly To, string Total, IReadOnlyList<SpendDay> Days);

/// <summary>A day's spending on one kind of job, made by one provider.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Kind">The kind of job.</param>
/// <param name="Provider">Who made it; null for what was paid before this was noted.</param>
/// <param name="Credits">What was spent.</param>
/// <param name="Runs">How many runs of jobs it was spent on.</param>
internal sealed record SpendDay(DateOnly Day, string Kind, string? Provider, string Credits, long Runs);

/// <summary><c>GET /analytics/spend</c>.</summary>
internal static class SpendEndpoint
{
    private const int DefaultDays = 30;
    private const int MaxDays = 366;

    private static readonly SpendView Example = new(
        new DateOnly(2026, 10, 1),
        new DateOnly(2026, 10, 30),
        "9.4",
        [new SpendDay(new DateOnly(2026, 10, 7), "audiobook", "flite", "9.4", 1)]
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/analytics/spend", HandleAsync)
            .WithName("GetSpend")
            .WithTags("analytics")
            .WithSummary("Credits spent by day, kind of job and provider")
            .WithDescription("Days are UTC and written 2026-10-07; by default the last 30, at most 366.")
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: Example);

    private static async Task<Results<Ok<SpendView>, ProblemResult>> HandleAsync(
        string? from,
        string? to,
        Caller caller,
        EventStore store,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var (first, last, refusal) = ReadRange(from, to, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime));
        if (refusal is not null)
            return refusal.AsResult();
        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            """
            select day, kind, micro_credits, runs, provider from billing.spend_by_day
            where workspace_id = $1 and day between $2 and $3 order by day, kind, provider
            """,
            row =>
                (
                    Day: row.GetFieldValue<DateOnly>(0),
                    Kind: row.GetString(1),
                    Amount: row.GetInt64(2),
                    Runs: row.GetInt64(3),
                    Provider: row.GetString(4)
                ),
            cancel,
            caller.Workspace,
            first,
            last
        );
        return TypedResults.Ok(
            new SpendView(
                first,
                last,
                Credits.Format(rows.Sum(row => row.Amount)),
                [
                    .. rows.Select(row => new SpendDay(
                        row.Day,
                        row.Kind,
                        row.Provider is "" ? null : row.Provider,
                        Credits.Format(row.Amount),
                        row.Runs
                    )),
                ]
            )
        );
    }

    /// <summary>The days asked for; without an end it is today, without a beginning thirty days in all.</summary>
    internal static (DateOnly From, DateOnly To, Problem? Refusal) ReadRange(
        string? from,
        string? to,
        DateOnly today,
        int maxDays = MaxDays
    )
    {
        var last = today;
        if (to is not null && !UtcDay.TryRead(to, out last))
            return Refuse("to", UtcDay.Rule);
        var first = last.DayNumber < DefaultDays ? DateOnly.MinValue : last.AddDays(1 - DefaultDays);
        if (from is not null && !UtcDay.TryRead(from, out first))
            return Refuse("from", UtcDay.Rule);
        if (first > last)
            return Refuse("from", "must not be after to");
        if (last.DayNumber - first.DayNumber >= maxDays)
            return Refuse("from", $"must be at most {maxDays - 1} days before to");
        return (first, last, null);
    }

    private static (DateOnly, DateOnly, Problem?) Refuse(string parameter, string detail) =>
        (default, default, CommonProblems.InvalidValues.With("The days don't fit.", new FieldError(parameter, detail)));
}
