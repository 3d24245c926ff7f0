using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Feed;

/// <summary>How much happened in a workspace.</summary>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC.</param>
/// <param name="Entries">Entries of these days, also of those that somebody cleared.</param>
/// <param name="Types">How many of each type, the most frequent first.</param>
/// <param name="Days">Oldest first; days without an entry are left out.</param>
/// <param name="Total">Entries of the caller's feed, of all days; what the caller cleared is not counted.</param>
/// <param name="Unread">Those of them that the caller has not read.</param>
internal sealed record ActivityStats(
    DateOnly From,
    DateOnly To,
    long Entries,
    IReadOnlyList<TypeCount> Types,
    IReadOnlyList<DayCount> Days,
    long Total,
    long Unread
);

/// <summary>Entries of a type.</summary>
/// <param name="Type">The public type.</param>
/// <param name="Entries">How many.</param>
internal sealed record TypeCount(string Type, long Entries);

/// <summary>Entries of a day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Entries">How many.</param>
/// <param name="Types">How many of each type.</param>
internal sealed record DayCount(DateOnly Day, long Entries, IReadOnlyList<TypeCount> Types);

/// <summary><c>GET /activities/stats</c>.</summary>
internal static class ActivityStatsEndpoint
{
    private const int MaxDays = 366;

    private static readonly ActivityStats Example = new(
        new DateOnly(2026, 10, 1),
        new DateOnly(2026, 10, 30),
        3,
        [new TypeCount("job.submitted", 2), new TypeCount("job.completed", 1)],
        [
            new DayCount(
                new DateOnly(2026, 10, 7),
                3,
                [new TypeCount("job.submitted", 2), new TypeCount("job.completed", 1)]
            ),
        ],
        3,
        1
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/activities/stats", HandleAsync)
            .WithName("GetActivityStats")
            .WithTags("activities")
            .WithSummary("How much happened, by type and day")
            .WithDescription("Days are UTC and written 2026-10-07; by default the last 30, at most 366.")
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: Example);

    private static async Task<Results<Ok<ActivityStats>, ProblemResult>> HandleAsync(
        string? from,
        string? to,
        Caller caller,
        EventStore store,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var (first, last, fault) = DayRange.Read(from, to, today, MaxDays);
        if (fault is not null)
            return CommonProblems.InvalidValues.With("The days don't fit.", fault).AsResult();

        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            """
            select day, type, entries from activity.feed_days
            where workspace_id = $1 and day between $2 and $3 order by day, entries desc, type
            """,
            row => (Day: row.GetFieldValue<DateOnly>(0), Count: new TypeCount(row.GetString(1), row.GetInt64(2))),
            cancel,
            caller.Workspace,
            first,
            last
        );
        var state = await FeedState.OfAsync(session, caller, cancel);
        return TypedResults.Ok(
            new ActivityStats(
                first,
                last,
                rows.Sum(row => row.Count.Entries),
                [
                    .. rows.GroupBy(row => row.Count.Type, row => row.Count.Entries)
                        .Select(type => new TypeCount(type.Key, type.Sum()))
                        .OrderByDescending(type => type.Entries)
                        .ThenBy(type => type.Type, StringComparer.Ordinal),
                ],
                [
                    .. rows.GroupBy(row => row.Day, row => row.Count)
                        .Select(day => new DayCount(day.Key, day.Sum(type => type.Entries), [.. day])),
                ],
                state.Total,
                state.Unread
            )
        );
    }
}
