using System.Net;
using Lectern.Tests.Postgres;

namespace Lectern.Tests.Recovery;

/// <summary>Stops on purpose: of the host, and of a job whose host dies right after it was told so.</summary>
public class StoppingTests(ITestOutputHelper output)
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30); // the default of Http:ShutdownDrainSeconds

    [Fact]
    public async Task A_host_that_is_asked_to_stop_ends_its_twenty_chunks_and_speaks_none_again()
    {
        await using var installation = await Installation.CreateAsync(
            await PostgresCluster.SharedAsync(),
            new Dictionary<string, string>
            {
                ["Lectern__Jobs__RenderParallelism"] = "20",
                ["Lectern__Jobs__ChunksInQueue"] = "20",
            }
        );
        await using var witness = new Witness(installation);
        installation.Engine.Pause = TimeSpan.FromSeconds(1);
        await installation.SubmitAsync(Book.Write(new Random(23), chapters: 3, sentences: 12, "mp3"));
        await installation.EngineIsCalledAsync(21); // twenty chunks, and the voice's loudness before

        var (exitCode, took) = await installation.TerminateAsync();
        output.WriteLine($"stopped after {took.TotalSeconds:0.0} s");
        exitCode.ShouldBe(0, installation.Host.Output);
        took.ShouldBeLessThan(DrainTime);

        installation.Engine.Pause = TimeSpan.Zero;
        await installation.StartAsync();
        await installation.AllEndAsync();
        (await witness.RepeatedCallsAsync()).ShouldBe(0);
        await witness.AssertAllIsWellAsync();
    }

    [Fact]
    public async Task Cancelled_and_deleted_jobs_stay_so_when_the_host_dies_right_after_it_said_so()
    {
        await using var installation = await Installation.CreateAsync(await PostgresCluster.SharedAsync());
        await using var witness = new Witness(installation);
        installation.Engine.Pause = TimeSpan.FromSeconds(0.3);
        var random = new Random(29);
        var cancelled = await installation.SubmitAsync(Book.Write(random, chapters: 2, sentences: 15, "m4b"));
        var deleted = await installation.SubmitAsync(Book.Write(random, chapters: 2, sentences: 15, "mp3"));
        await installation.HasChunksAsync(cancelled, 2);
        await installation.HasChunksAsync(deleted, 2);

        var files = await witness.ReadAsync(
            """
            select blob from jobs.audio a
            where not exists (select from jobs.chunks c
                              where c.hash = a.hash and c.job_id = (select id from jobs.job_view where format = 'm4b'))
            """
        );
        files.ShouldNotBeEmpty();
        files.ShouldAllBe(file => File.Exists(PathOf(installation, file)));

        var cancel = TestContext.Current.CancellationToken;
        using var cancelling = await installation.Client.PostAsync($"/api/v1/jobs/{cancelled.Id}/cancel", null, cancel);
        using var deleting = await installation.Client.DeleteAsync($"/api/v1/jobs/{deleted.Id}", cancel);
        await installation.KillAsync();
        (cancelling.StatusCode, deleting.StatusCode).ShouldBe((HttpStatusCode.Accepted, HttpStatusCode.Accepted));

        await installation.StartAsync();
        await installation.AllEndAsync();
        await Poll.UntilAsync(
            "the queue is empty",
            DrainTime,
            async () => (await witness.ReadAsync("select type from eventing.messages")).Count == 0,
            cancel
        );
        (await installation.StatusAsync(cancelled)).ShouldBe("cancelled");
        (await installation.StatusAsync(deleted)).ShouldBe("deleted");
        files.ShouldAllBe(file => !File.Exists(PathOf(installation, file)));
        (await witness.ReadAsync("select kind from billing.hold_ends")).ShouldBe(["released", "released"]);
        await witness.AssertNothingWasChargedTwiceAsync();
        await witness.AssertViewsEqualReplayAsync();
    }

    private static string PathOf(Installation installation, string blob) =>
        Path.Combine(installation.DataFolder, "blobs", blob);
}
