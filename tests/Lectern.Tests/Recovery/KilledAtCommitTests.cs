using Lectern.Tests.Postgres;

namespace Lectern.Tests.Recovery;

/// <summary>The host dies as by SIGKILL right before a commit that a small job needs, and the next one goes on.</summary>
public sealed class KilledBeforeCommitTests(ITestOutputHelper output) : KilledAtCommit(output)
{
    private static readonly string[] Steps =
    [
        "jobs.start_jobs.v1",
        "jobs.prepare_manuscript.v1",
        "jobs.synthesize_chunk.v1",
        "jobs.encode_segment.v1",
        "jobs.package_audiobook.v1",
    ];

    [Fact]
    public async Task A_job_survives_the_death_of_the_host_before_the_commit_of_every_step() =>
        Steps
            .Except(
                await CrashAsync("before:1", "before:2", "before:3", "before:4", "before:5", "before:6", "before:15")
            )
            .ShouldBeEmpty("no crash hit this step at work");
}

/// <summary>The same right after the commit.</summary>
public sealed class KilledAfterCommitTests(ITestOutputHelper output) : KilledAtCommit(output)
{
    private static readonly string[] Results =
    [
        "billing.credits_held.v1", // submitted
        "jobs.job_started.v1",
        "jobs.manuscript_prepared.v1",
        "jobs.chunk_synthesized.v1",
        "jobs.segment_encoded.v1",
        "billing.credits_deducted.v1", // packaged, completed and paid
    ];

    [Fact]
    public async Task A_job_survives_the_death_of_the_host_after_the_commit_of_every_step() =>
        Results
            .Except(await CrashAsync("after:1", "after:2", "after:3", "after:4", "after:5", "after:6", "after:15"))
            .ShouldBeEmpty("no crash came right after this");
}

/// <summary>An installation of its own, whose host dies again and again. Two classes, which run side by side.</summary>
public abstract class KilledAtCommit(ITestOutputHelper output)
{
    private const int Seed = 17;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // One worker for speech and encoding, so that the nth commit of a job is the same step each time. A chunk has two:
    // that its provider is about to be asked, and what came of it.
    private static readonly Dictionary<string, string> OneWorker = new() { ["Lectern__Jobs__RenderParallelism"] = "1" };

    /// <summary>Crashes at each of these commits, a job each; all is well in the end.</summary>
    /// <returns>The messages that were at work when it crashed, and the events that the log ended with.</returns>
    protected async Task<IReadOnlySet<string>> CrashAsync(params string[] crashes)
    {
        await using var installation = await Installation.CreateAsync(await PostgresCluster.SharedAsync(), OneWorker);
        await using var witness = new Witness(installation);
        var random = new Random(Seed);
        // The first job measures its voice's loudness, which is a commit more than the others have.
        await installation.SubmitAsync(Book.Write(random, chapters: 1, sentences: 3, "wav"));
        await RestAsync(installation, witness);

        var seen = new HashSet<string>();
        foreach (var crash in crashes)
        {
            var book = Book.Write(random, chapters: 1, sentences: 3, crash.Length % 2 == 0 ? "m4b" : "mp3");
            var key = Guid.NewGuid();
            await installation.StartAsync(crash);
            await installation.TrySubmitAsync(book, key);
            (await installation.CrashedAsync(Patience)).ShouldBeTrue($"no commit for {crash}");

            var leased = await witness.ReadAsync("select type from eventing.messages where state = 'leased'");
            var last = await witness.ReadAsync("select type from eventing.events order by seq desc limit 1");
            output.WriteLine($"{crash, -9} at work {string.Join(", ", leased)}; the log ends with {last[0]}");
            seen.UnionWith([.. leased, .. last]);

            await installation.StartAsync();
            await installation.SubmitAsync(book, key); // the client tries again, and has but one job
            await RestAsync(installation, witness);
        }

        await installation.StartAsync();
        await witness.AssertAllIsWellAsync();
        return seen;
    }

    private const string Unfinished = """
        select type from eventing.messages union all
        select name from eventing.projections where position < (select max(seq) from eventing.events)
        """;

    /// <summary>All is done, down to the last message, and the host is gone.</summary>
    private static async Task RestAsync(Installation installation, Witness witness)
    {
        await installation.AllEndAsync();
        await Poll.UntilAsync(
            "the queue is empty, and nobody will fill it",
            Patience,
            async () => (await witness.ReadAsync(Unfinished)).Count == 0,
            TestContext.Current.CancellationToken
        );
        await installation.KillAsync();
    }
}
