using System.Diagnostics;
using Lectern.Accounts;
using Lectern.Activity;
using Lectern.Activity.Analytics;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Voices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Bench.Rows;

/// <summary>
/// Statistics over a million events of jobs of forty events each: how fast they are made anew, and how long a report takes,
/// beside a hundredth of the events and when all are one workspace's.
/// </summary>
internal sealed class AnalyticsRow : IRow
{
    private const int EventsOfJob = 40;
    private const int Reports = 300;
    private static readonly DateOnly Last = new(2026, 6, 30);

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
        await using var few = await FilledAsync(postgres, workspaces: 1, jobs: 250);
        await using var many = await FilledAsync(postgres, workspaces: 100, jobs: 25_000);
        await using var one = await FilledAsync(postgres, workspaces: 1, jobs: 25_000);
        var rebuild = many.Host.Services.GetRequiredService<ProjectionRebuild>();
        List<double> rates = [];
        for (var round = 0; round < 3; round++)
        {
            var clock = Stopwatch.StartNew();
            await rebuild.RebuildAsync("activity.usage", CancellationToken.None);
            rates.Add(25_000 * EventsOfJob / clock.Elapsed.TotalSeconds);
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
        var (atFew, atMany, atOne) = (await P95Async(few), await P95Async(many), await P95Async(one));
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

    private static async Task<double> P95Async(Database database)
    {
        var workspace = await database.ScalarAsync<Guid>("select workspace_id from eventing.events limit 1");
        var context = new SessionContext(workspace, "system", Guid.NewGuid());
        List<double> took = [];
        for (var i = -20; i < Reports; i++)
        {
            var (name, every) = Questions[Math.Abs(i) % Questions.Length];
            var by = Dimension.OfWorkspace.FirstOrDefault(each => each.Name == name) ?? Dimension.All;
            var request = new AnalyticsRequest(Last.AddDays(-29), Last, every, by, null, 10, AsCsv: false);
            var clock = Stopwatch.StartNew();
            await using var session = database.Store.OpenSession(context);
            var report = await UsageReport.ReadAsync(
                session,
                workspace,
                request,
                [Measure.CharactersSpoken],
                CancellationToken.None
            );
            if (report.Total[Measure.Submitted] == 0)
                throw new InvalidOperationException("The report is empty.");
            if (i >= 0)
                took.Add(clock.Elapsed.TotalMilliseconds);
        }

        return took.Order().ElementAt((int)(Reports * 0.95));
    }

    /// <summary>
    /// A year of jobs, twenty at the same time: 24 passages that are spoken and 4 that are reused, 4 segments, a chapter;
    /// three people in each workspace, five jobs in a session, every fifth by a key.
    /// </summary>
    private static async Task<Database> FilledAsync(Postgres postgres, int workspaces, int jobs)
    {
        var connectionString = postgres.ConnectionString(await postgres.EmptyDatabaseAsync());
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(TimeProvider.System);
        var model = new EventingBuilder(builder.Services);
        new AccountsModule().AddEventing(model);
        new BillingModule().AddEventing(model);
        new VoicesModule().AddEventing(model);
        new JobsModule().AddEventing(model);
        new ActivityModule().AddEventing(model);
        builder.Services.AddEventing(model, _ => connectionString);
        var host = builder.Build();
        await host.Services.GetRequiredService<Migrations>().ApplyAsync(CancellationToken.None);
        var database = new Database(host, connectionString);
        await database.ExecuteAsync(
            $$"""
            insert into eventing.events (id, stream_id, version, type, data, workspace_id, actor, correlation_id, at, credential)
            select gen_random_uuid(),
                case when k in (2, 40) then md5('wallet' || w)::uuid else md5('job' || j)::uuid end,
                case when k = 2 then j * 2 + 1 when k = 40 then j * 2 + 2 else k end,
                case k when 1 then 'jobs.job_submitted.v1' when 2 then 'billing.credits_held.v1' when 3 then 'jobs.job_started.v1'
                    when 4 then 'jobs.manuscript_prepared.v1' when 37 then 'jobs.chapter_assembled.v1'
                    when 38 then 'jobs.audio_assembled.v1' when 39 then 'jobs.job_completed.v1' when 40 then 'billing.credits_deducted.v1'
                    else case when k between 33 and 36 then 'jobs.segment_encoded.v1' when k % 7 = 0 then 'jobs.chunk_reused.v1'
                        else 'jobs.chunk_synthesized.v1' end end,
                case k when 1 then jsonb_build_object('kind', 'audiobook', 'voice', 'flite-' || j % 5, 'format', 'm4b', 'bitrate', 64,
                        'characters', 6000, 'hold', md5('hold' || j)::uuid, 'held', 120000, 'priceVersion', 'p1', 'pricedAs', 'flite/standard')
                    when 2 then jsonb_build_object('hold', md5('hold' || j)::uuid, 'job', md5('job' || j)::uuid, 'run', 1, 'amount', 120000, 'priceVersion', 'p1')
                    when 3 then '{"run": 1}'
                    when 4 then '{"chapters": 1, "skipped": 0, "chunks": 28, "segments": 4, "words": 1000}'
                    when 37 then '{"chapter": 0, "durationMs": 380000}'
                    when 38 then jsonb_build_object('artifact', gen_random_uuid(), 'sha256', md5('a') || md5('b'), 'bytes', 3000000, 'durationMs', 380000)
                    when 39 then '{"charged": 100000}'
                    when 40 then jsonb_build_object('hold', md5('hold' || j)::uuid, 'job', md5('job' || j)::uuid, 'kind', 'audiobook', 'held', 120000,
                        'captured', 100000, 'delivered', jsonb_build_object('characters', 5000, 'provider', 'flite'))
                    else case when k between 33 and 36 then jsonb_build_object('segment', k - 33, 'encoding', md5('e' || j || k), 'samples', 4000000, 'bytes', 700000)
                        when k % 7 = 0 then jsonb_build_object('chunk', k - 5, 'audio', md5('c' || j || k) || md5('d' || k), 'samples', 220000, 'rate', 16000, 'characters', 210)
                        else jsonb_build_object('chunk', k - 5, 'audio', md5('c' || j || k) || md5('d' || k), 'samples', 220000, 'rate', 16000,
                            'sha256', md5('s' || j || k) || md5('t' || k), 'bytes', 440044, 'provider', 'flite', 'tookMs', 210, 'characters', 215, 'voice', null) end end,
                md5('workspace' || w)::uuid,
                case when k = 1 then 'person:' || md5('person' || w || j / {{workspaces}} % 3)::uuid else 'system' end,
                md5('trace' || j)::uuid,
                timestamptz '2025-07-01 12:00Z' + make_interval(secs => j * 365.0 * 86400 / {{jobs}}),
                case when k = 1 then case when j / {{workspaces}} % 5 = 0 then 'key:' || md5('key' || w)::uuid
                    else 'session:' || md5('session' || w || j / {{workspaces}} / 5)::uuid end end
            from (select j, k, j % {{workspaces}} as w from generate_series(0, {{jobs
                - 1}}) j, generate_series(1, 40) k order by j / 20, k, j) e
            """
        );
        await database.ExecuteAsync("vacuum analyze eventing.events");
        return database;
    }
}
