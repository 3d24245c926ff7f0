using System.Diagnostics;
using Lectern.Activity.Analytics;
using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Bench.Rows;

/// <summary>
/// Statistics over a million events of jobs of forty events each: how fast they are made anew, and how long a report takes,
/// beside a hundredth of the events and when all are one workspace's.
/// </summary>
internal sealed class AnalyticsRow : IRow
{
    private const int Reports = 300;

    private static readonly (string By, Every Every)[] Questions =
    [
        ("all", Every.Day),
        ("voice", Every.Day),
        ("person", Every.Week),
        ("session", Every.Total),
        ("api_key", Every.Month),
    ];

    public string Name => "analytics";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var few = await YearOfJobs.WriteAsync(postgres, workspaces: 1, jobs: 250);
        await using var many = await YearOfJobs.WriteAsync(postgres, workspaces: 100, jobs: 25_000);
        await using var one = await YearOfJobs.WriteAsync(postgres, workspaces: 1, jobs: 25_000);
        var rebuild = many.Host.Services.GetRequiredService<ProjectionRebuild>();
        List<double> rates = [];
        for (var round = 0; round < 3; round++)
        {
            var clock = Stopwatch.StartNew();
            await rebuild.RebuildAsync("activity.usage", CancellationToken.None);
            rates.Add(25_000 * YearOfJobs.EventsOfJob / clock.Elapsed.TotalSeconds);
        }

        var sums = await many.ScalarAsync<decimal>(
            "select sum(chunks_spoken + chunks_reused + submitted + completed + charges) from activity.usage_by_day where dimension = 'workspace'"
        );
        if (sums != 25_000 * (28 + 3))
            throw new InvalidOperationException($"The statistics count {sums}.");
        yield return new(
            "rebuild of the statistics over 1,000,000 events of jobs",
            "–",
            $"{string.Join(", ", rates.Select(Line.Number))} events/s",
            "–",
            "≥ 100,000 events/s",
            rates.Order().ElementAt(1) >= 100_000
        );

        foreach (var database in new[] { few, one })
            await database
                .Host.Services.GetRequiredService<ProjectionRebuild>()
                .RebuildAsync("activity.usage", CancellationToken.None);
        foreach (var database in new[] { few, many, one })
            await database.ExecuteAsync("vacuum analyze");
        var (atFew, atMany, atOne) = await P95Async(few, many, one);
        yield return new(
            "reports of 30 days at 1,000,000 events, p95 (floor: 10,000 events)",
            $"{Line.Number(atFew)} ms",
            $"{Line.Number(atMany)} ms",
            Line.Number(atMany / atFew),
            "≤ 20 ms and ≤ 1.2",
            atMany <= 20 && atMany / atFew <= 1.2
        );
        yield return new(
            "the same when all of them are one workspace's",
            $"{Line.Number(atFew)} ms",
            $"{Line.Number(atOne)} ms",
            Line.Number(atOne / atFew),
            "≤ 20 ms",
            atOne <= 20
        );
    }

    /// <summary>In turn, so that what else the machine does meets all of them.</summary>
    private static async Task<(double, double, double)> P95Async(Database few, Database many, Database one)
    {
        var contexts = new List<SessionContext>();
        foreach (var database in new[] { few, many, one })
        {
            var workspace = await database.ScalarAsync<Guid>("select workspace_id from eventing.events limit 1");
            contexts.Add(new SessionContext(workspace, "system", Guid.NewGuid()));
        }

        var took = new[] { new List<double>(), [], [] };
        for (var i = -20; i < Reports; i++)
        {
            double[] now =
            [
                await ReportAsync(few, contexts[0], i),
                await ReportAsync(many, contexts[1], i),
                await ReportAsync(one, contexts[2], i),
            ];
            for (var k = 0; k < now.Length && i >= 0; k++)
                took[k].Add(now[k]);
        }

        return (Line.P95(took[0]), Line.P95(took[1]), Line.P95(took[2]));
    }

    private static async Task<double> ReportAsync(Database database, SessionContext context, int i)
    {
        var (name, every) = Questions[Math.Abs(i) % Questions.Length];
        var by = Dimension.OfWorkspace.FirstOrDefault(each => each.Name == name) ?? Dimension.All;
        var request = new AnalyticsRequest(
            YearOfJobs.Last.AddDays(-29),
            YearOfJobs.Last,
            every,
            by,
            null,
            10,
            AsCsv: false
        );
        var clock = Stopwatch.StartNew();
        await using var session = database.Store.OpenSession(context);
        var report = await UsageReport.ReadAsync(
            session,
            context.Workspace,
            request,
            [Measure.CharactersSpoken],
            CancellationToken.None
        );
        return report.Total[Measure.Submitted] > 0
            ? clock.Elapsed.TotalMilliseconds
            : throw new InvalidOperationException("The report is empty.");
    }
}
