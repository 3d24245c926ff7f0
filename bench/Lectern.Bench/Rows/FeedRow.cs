using System.Diagnostics;
using Lectern.Activity.Feed;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Bench.Rows;

/// <summary>All projections made anew over a million events, and a page of the feed with its counts beside a hundredth of them.</summary>
internal sealed class FeedRow : IRow
{
    private const int Jobs = 25_000;
    private const int Pages = 300;

    public string Name => "feed";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var few = await YearOfJobs.WriteAsync(postgres, workspaces: 1, jobs: Jobs / 100);
        await using var many = await YearOfJobs.WriteAsync(postgres, workspaces: 1, jobs: Jobs);
        const double Events = Jobs * YearOfJobs.EventsOfJob;
        await RebuildAsync(few);
        var took = await RebuildAsync(many);
        var all = took.Values.Sum();
        foreach (var (name, seconds) in took)
            yield return new(
                $"rebuild of {name}, alone, over a log of 1,000,000 events",
                "–",
                $"{Line.Number(Events / seconds)} events/s",
                "–",
                "≥ 100,000 events/s",
                Events / seconds >= 100_000
            );
        yield return new(
            $"rebuild of all {took.Count} projections, one after the other: each reads the log",
            "–",
            $"{Line.Number(Events * took.Count / all)} events/s",
            "–",
            "≥ 100,000 events/s",
            Events * took.Count / all >= 100_000
        );
        foreach (var database in new[] { few, many })
            await database.ExecuteAsync("vacuum analyze");
        var workspace = await many.ScalarAsync<Guid>("select workspace_id from eventing.events limit 1"); // of both
        foreach (var (what, filter) in Filters)
        {
            List<double> atFew = [],
                atMany = [];
            for (var i = -20; i < Pages; i++)
            {
                var (a, b) = (await PageAsync(few, workspace, filter), await PageAsync(many, workspace, filter));
                if (i < 0)
                    continue;
                atFew.Add(a);
                atMany.Add(b);
            }

            var (floor, ours) = (P95(atFew), P95(atMany));
            yield return new(
                $"page of the feed, {what}, with its counts, at 1,000,000 events, p95 (floor: 10,000)",
                $"{Line.Number(floor)} ms",
                $"{Line.Number(ours)} ms",
                Line.Number(ours / floor),
                "≤ 20 ms and ≤ 1.2",
                ours <= 20 && ours / floor <= 1.2
            );
        }
    }

    private static readonly string[] Projections =
    [
        "activity.feed",
        "activity.usage",
        "billing.spend_by_day",
        "billing.wallet_activity",
    ];

    private static (string What, Action<FeedQuery> Filter)[] Filters =>
        [
            ("all of it", _ => { }),
            ("by type", query => query.Told("type", "job.completed")),
            (
                "of half a year",
                query =>
                {
                    var end = YearOfJobs.Last.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
                    query.Between(end.AddDays(-182), end);
                }
            ),
        ];

    private static async Task<Dictionary<string, double>> RebuildAsync(Database database)
    {
        var rebuild = database.Host.Services.GetRequiredService<ProjectionRebuild>();
        var took = new Dictionary<string, double>();
        foreach (var name in Projections)
        {
            var clock = Stopwatch.StartNew();
            await rebuild.RebuildAsync(name, CancellationToken.None);
            took[name] = clock.Elapsed.TotalSeconds;
        }

        return took;
    }

    private static async Task<double> PageAsync(Database database, Guid workspace, Action<FeedQuery> filter)
    {
        var caller = new Caller(Guid.Empty, workspace, Role.Admin);
        var clock = Stopwatch.StartNew();
        var query = new FeedQuery(workspace);
        filter(query);
        await using var session = database.Store.OpenSession(caller);
        var state = await FeedState.OfAsync(session, caller, CancellationToken.None);
        var rows = await query.PageAsync(session, caller, state, long.MaxValue, 51, CancellationToken.None);
        await query.CountAsync(session, state, CancellationToken.None);
        if (rows.Count != 51)
            throw new InvalidOperationException($"The page has {rows.Count} entries.");
        return clock.Elapsed.TotalMilliseconds;
    }

    private static double P95(List<double> took) => took.Order().ElementAt((int)(took.Count * 0.95));
}
