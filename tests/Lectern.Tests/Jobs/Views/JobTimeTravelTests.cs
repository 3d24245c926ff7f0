using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel.History;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Http;
using Lectern.Tests.SharedKernel.History;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Jobs.Views;

/// <summary>What holds for every history of a job, on random ones.</summary>
public sealed class JobTimeTravelTests(JobsDatabase database, ITestOutputHelper output) : IClassFixture<JobsDatabase>
{
    private const int Histories = 25;
    private const int Most = 40;

    private static readonly HistorySubject Subject = new(
        "job",
        "Job",
        "a job",
        "jobs",
        "job",
        ["jobs."],
        CommonProblems.NotFound.With("-"),
        (_, id, _) => Task.FromResult(id),
        new HistoryExample("", default, default)
    );

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_state_at_a_version_is_the_fold_of_as_many_events_and_differences_lead_from_one_to_another()
    {
        await CheckAsync(
            async (random, job, events) =>
            {
                await using var session = database.Store.OpenSession(RandomJobs.Jane);
                var states = new List<JsonElement>();
                for (var version = 0; version <= events.Count; version++)
                {
                    var folded = events.Take(version).Aggregate(Job.Initial, Job.Evolve);
                    (await session.StateAtAsync<Job>(job, version, Cancel)).ShouldBe(folded);
                    states.Add(session.JsonOf(await session.StateAtAsync<Job>(job, version, Cancel)));
                }

                for (var i = 0; i < 20; i++)
                {
                    var (from, to) = (states[random.Next(states.Count)], states[random.Next(states.Count)]);
                    var changes = StateDifference.Between(from, to);
                    JsonNode.DeepEquals(Patched.With(from, changes), JsonNode.Parse(to.GetRawText())).ShouldBeTrue();
                }
            }
        );
    }

    [Fact]
    public async Task A_replay_of_an_export_gives_the_live_state_and_the_live_rows_and_stores_nothing()
    {
        await CheckAsync(
            async (random, job, events) =>
            {
                var document = await ExportAsync(job);
                var before = await database.EverythingAsync();

                var (audit, replayed) = await ReplayAsync(document, document.Events.Count);

                audit.Equal.ShouldBeTrue($"{JsonSerializer.Serialize(audit)}");
                audit.RowsCompared.ShouldBeTrue();
                JsonElement.DeepEquals(replayed.State, replayed.Live!.State).ShouldBeTrue();
                replayed.Tables.Select(table => table.Name).ShouldBe(["jobs.job_view", "jobs.chunks", "jobs.segments"]);
                replayed.Tables[1].Count.ShouldBe(RandomJobs.Chunks);
                JsonSerializer.Serialize(replayed).ShouldNotContain("not to be shown");
                var part = 1 + random.Next(events.Count);
                var (early, _) = await ReplayAsync(document, part);
                (early.Equal, early.RowsCompared).ShouldBe((true, part == events.Count));
                (await database.EverythingAsync()).ShouldBe(before);
            }
        );

        await Eventually.IsAsync(
            () => database.ScalarAsync<long>("select count(*) from pg_class where relpersistence = 't'"),
            count => count == 0,
            "no temporary table is left"
        );
    }

    [Fact]
    public async Task An_audit_tells_which_rows_and_which_event_are_not_the_same()
    {
        var random = new Random(7);
        var job = await RandomJobs.SaveAsync(database, [.. RandomJobs.Events(random, 1), .. Work], random, Cancel);
        var document = await ExportAsync(job);
        await database.ExecuteAsync("update jobs.job_view set chunks_done = 5 where id = $1", job);
        await database.ExecuteAsync("update jobs.chunks set audio = null where job_id = $1 and chunk = 0", job);

        var (damaged, _) = await ReplayAsync(document, document.Version);

        damaged.Equal.ShouldBeFalse();
        damaged.FirstDifferentEvent.ShouldBeNull();
        damaged.State.ShouldBeEmpty();
        damaged.DifferentRows.ShouldBe(2);
        damaged
            .Rows.SelectMany(row => row.Changes.Select(c => $"{row.Table} {row.Key} {c.Path} {c.Before} {c.After}"))
            .ShouldBe([$"jobs.job_view [\"{job}\"] /chunks_done 5 1", "jobs.chunks [0] /audio  a0"]);

        await database.ExecuteAsync(
            "update eventing.events set data = data || '{\"run\":9}' where stream_id = $1 and version = 2",
            job
        );
        var (rewritten, _) = await ReplayAsync(document, document.Version);
        rewritten.FirstDifferentEvent.ShouldBe(2);
        rewritten.Equal.ShouldBeFalse();
    }

    [Fact]
    public async Task At_a_time_there_is_what_happened_at_it_or_before()
    {
        var random = new Random(3);
        var job = await RandomJobs.SaveAsync(
            database,
            [.. RandomJobs.Events(random, 1), .. Work, .. Work],
            random,
            Cancel
        );
        var noon = new DateTimeOffset(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
        // 1 and 2 at noon, 3 to 5 a second later; 6, whose transaction began before that of 5, in between; 7 at two.
        foreach (var (version, ms) in new[] { (1, 0), (2, 0), (3, 1000), (4, 1000), (5, 1000), (6, 500), (7, 2000) })
            await database.ExecuteAsync(
                "update eventing.events set at = $3 where stream_id = $1 and version = $2",
                job,
                version,
                noon.AddMilliseconds(ms)
            );
        await using var session = database.Store.OpenSession(RandomJobs.Jane);

        foreach (
            var (micros, version) in new[]
            {
                (-1, 0),
                (0, 2),
                (1, 2),
                (500_000, 2),
                (999_999, 2),
                (1_000_000, 6),
                (1_999_999, 6),
                (2_000_000, 7),
                (9_000_000, 7),
            }
        )
            (await session.VersionAtAsync(job, noon.AddMicroseconds(micros), Cancel)).ShouldBe(version, $"{micros}");
        (await session.VersionAtAsync(job, noon.ToOffset(TimeSpan.FromHours(5)), Cancel)).ShouldBe(2);
        (await session.VersionAtAsync(Guid.CreateVersion7(), noon, Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task A_projection_that_would_write_a_table_of_its_own_is_refused_by_postgres()
    {
        var model = new EventingBuilder(new ServiceCollection());
        new JobsModule().AddEventing(model);
        model.Project(new Careless());
        await using var store = new EventStore(model, database.ConnectionString, TimeProvider.System);
        var job = await RandomJobs.SaveAsync(database, RandomJobs.Events(new Random(1), 1), new Random(1), Cancel);
        var (events, _) = new DocumentCheck(Subject, new ScratchReplay(store)).Read(await ExportAsync(job));

        var refused = await Should.ThrowAsync<PostgresException>(() =>
            new ScratchReplay(store).RunAsync<Job>(RandomJobs.Jane, events, Cancel)
        );

        refused.SqlState.ShouldBe(PostgresErrorCodes.ReadOnlySqlTransaction);
    }

    private static object[] Work =>
        [
            new JobStarted(1),
            new ManuscriptPrepared(1, 0, 6, 3, 20),
            new ChunkSynthesized(0, "a0", 16_000, 16_000, "s", 1),
        ];

    private async Task CheckAsync(Func<Random, Guid, List<object>, Task> check)
    {
        for (var seed = 1; seed <= Histories; seed++)
        {
            var random = new Random(seed);
            var events = RandomJobs.Events(random, Most);
            output.WriteLine($"seed {seed}, {events.Count} events");
            await check(random, await RandomJobs.SaveAsync(database, events, random, Cancel), events);
        }
    }

    private async Task<StreamDocument> ExportAsync(Guid job)
    {
        await using var session = database.Store.OpenSession(RandomJobs.Jane);
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { Response = { Body = body } };
        await new ExportResult(session, Subject, job).ExecuteAsync(http);
        return JsonSerializer.Deserialize<StreamDocument>(body.ToArray(), StrictJson.Options)!;
    }

    private async Task<(ReplayAudit Audit, Replayed Replayed)> ReplayAsync(StreamDocument document, int version)
    {
        var (events, refusal) = new DocumentCheck(Subject, database.Scratch).Read(document);
        refusal.ShouldBeNull();
        var replayed = await database.Scratch.RunAsync<Job>(RandomJobs.Jane, [.. events.Take(version)], Cancel);
        return (ReplayAudit.Of(replayed, replayed.Live!, [.. document.Events.Take(version)]), replayed);
    }

    private sealed class Careless : InlineProjection
    {
        public override string Name => "jobs.careless";

        public override Type Stream => typeof(Job);

        public override void Apply(StoredEvent stored, SqlStatements sql) =>
            sql.Add("delete from jobs.paid_audio where job_id = $1", stored.Stream);

        public override void Clear(Guid stream, SqlStatements sql) { }
    }
}
