using Lectern.Accounts;
using Lectern.Activity;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Library;
using Lectern.Voices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Bench;

/// <summary>A log that took a year, written by SQL.</summary>
internal static class YearOfJobs
{
    /// <summary>Events of each job, in its own stream and its workspace's wallet.</summary>
    public const int EventsOfJob = 40;

    /// <summary>The day of its last events.</summary>
    public static readonly DateOnly Last = new(2026, 6, 30);

    /// <summary>
    /// A year of jobs, twenty at the same time: 24 passages that are spoken and 4 that are reused, 4 segments, a chapter;
    /// three people in each workspace, five jobs in a session, every fifth by a key.
    /// </summary>
    public static async Task<Database> WriteAsync(Postgres postgres, int workspaces, int jobs)
    {
        var connectionString = postgres.ConnectionString(await postgres.EmptyDatabaseAsync());
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(TimeProvider.System);
        var model = new EventingBuilder(builder.Services);
        new AccountsModule().AddEventing(model);
        new BillingModule().AddEventing(model);
        new LibraryModule().AddEventing(model);
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
