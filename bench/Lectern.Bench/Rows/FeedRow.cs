using System.Collections.Concurrent;
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
        await RebuildAsync(few, atOnce: 2);
        foreach (var (name, seconds) in await RebuildAsync(many, atOnce: 1))
            yield return Rebuilt($"rebuild of {name}, alone, over a log of 1,000,000 events", Events / seconds);
        var clock = Stopwatch.StartNew();
        var all = await RebuildAsync(many, atOnce: 2);
        yield return Rebuilt(
            $"rebuild of all {all.Count} async projections as operators start it, two at a time; each reads the log",
            Events / clock.Elapsed.TotalSeconds
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

            var (floor, ours) = (Line.P95(atFew), Line.P95(atMany));
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

    private static Line Rebuilt(string what, double perSecond) =>
        new(what, "–", $"{Line.Number(perSecond)} events/s", "–", "≥ 100,000 events/s", perSecond >= 100_000);

    /// <summary>Rebuilds every async projection that there is; gives how many seconds each took.</summary>
    private static async Task<SortedDictionary<string, double>> RebuildAsync(Database database, int atOnce)
    {
        var rebuild = database.Host.Services.GetRequiredService<ProjectionRebuild>();
        var followers = (await rebuild.ListAsync(CancellationToken.None)).Where(each => !each.Inline);
        var took = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(
            rebuild.Views.Intersect(followers.Select(each => each.Name)),
            new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (name, cancel) =>
            {
                var clock = Stopwatch.StartNew();
                await rebuild.RebuildAsync(name, cancel);
                took[name] = clock.Elapsed.TotalSeconds;
            }
        );
        return new(took, StringComparer.Ordinal);
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
}
