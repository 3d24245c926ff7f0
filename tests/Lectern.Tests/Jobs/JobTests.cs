using Lectern.Jobs;
using Lectern.Jobs.Contracts;

namespace Lectern.Tests.Jobs;

/// <summary>What a job is, folded from what happened to it.</summary>
public sealed class JobTests
{
    private static readonly Guid Hold = Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b601");

    [Fact]
    public void A_submitted_job_is_pending_in_its_first_run()
    {
        var job = JobHistories.Pending;

        job.Status.ShouldBe(JobStatus.Pending);
        job.Run.ShouldBe(1);
        (job.Voice, job.Format, job.Bitrate, job.Characters).ShouldBe(("flite-slt", "m4b", 64, 100));
        (job.Hold, job.Held, job.HeldFor, job.PriceVersion).ShouldBe((Hold, 2_000, 100, "p1"));
        job.HasEnded.ShouldBeFalse();
        job.IsAtWork(1).ShouldBeFalse();
    }

    [Fact]
    public void A_running_job_takes_work_of_its_own_run_only()
    {
        var job = JobHistories.Running;

        job.IsAtWork(1).ShouldBeTrue();
        job.IsAtWork(2).ShouldBeFalse();
    }

    [Fact]
    public void Progress_is_counted()
    {
        var job = JobHistories.Of(
            JobHistories.Running,
            new ManuscriptPrepared(2, 1, 3, 2, 20),
            new ChunkSynthesized(0, "a", 16_000, 16_000, "s", 1),
            new ChunkReused(1, "b", 16_000, 16_000),
            new SegmentEncoded(0, "e", 44_100, 1),
            new ChapterAssembled(0, 1_000)
        );

        job.Prepared.ShouldBeTrue();
        (job.Chapters, job.ChaptersAssembled).ShouldBe((2, 1));
        (job.Chunks, job.ChunksDone).ShouldBe((3, 2));
        (job.Segments, job.SegmentsEncoded).ShouldBe((2, 1));
    }

    [Fact]
    public void A_job_that_is_to_stop_takes_no_more_work()
    {
        var job = JobHistories.Of(JobHistories.Running, new JobCancellationRequested());

        job.Status.ShouldBe(JobStatus.Running);
        job.IsAtWork(1).ShouldBeFalse();
    }

    [Fact]
    public void A_reopened_job_keeps_what_was_done_and_takes_no_work_of_the_old_run()
    {
        var second = Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b602");
        var failed = JobHistories.Of(
            JobHistories.Running,
            new ManuscriptPrepared(1, 0, 3, 2, 20),
            new ChunkSynthesized(0, "a", 16_000, 16_000, "s", 1),
            new JobFailed("synthesize", "internal", 0)
        );

        var job = JobHistories.Of(failed, new JobReopened(2, second, 1_500, "p2", 75), new JobStarted(2));

        (job.Run, job.Hold, job.Held, job.HeldFor, job.PriceVersion).ShouldBe((2, second, 1_500, 75, "p2"));
        (job.Prepared, job.ChunksDone).ShouldBe((true, 1));
        job.IsAtWork(1).ShouldBeFalse();
        job.IsAtWork(2).ShouldBeTrue();
    }

    [Fact]
    public void A_job_that_was_reopened_before_holds_said_what_they_are_for_is_held_for_all_of_its_text()
    {
        var old = System.Text.Json.JsonSerializer.Deserialize(
            """{"run":2,"hold":"019b7dc2-1f2e-7c54-8d7e-0a53c2f1b603","held":364080,"priceVersion":"5f1c0a9be2d4"}""",
            JobsJson.Default.JobReopened
        );

        var job = JobHistories.Of(JobHistories.Failed, old!);

        (job.Run, job.Held, job.HeldFor).ShouldBe((2, 364_080, 100));
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void An_end_settles_the_wish_to_stop(object end, string status)
    {
        var job = JobHistories.Of(JobHistories.Running, new JobCancellationRequested(), end);

        job.Status.ToString().ShouldBe(status);
        job.HasEnded.ShouldBeTrue();
        job.StopRequested.ShouldBeFalse();
    }

    public static TheoryData<object, string> Ends =>
        new()
        {
            { new JobCompleted(1), "Completed" },
            { new JobFailed("encode", "internal", 0), "Failed" },
            { new JobCancelled(0), "Cancelled" },
        };

    [Fact]
    public void A_snapshot_says_the_same_as_the_events()
    {
        var job = JobHistories.Of(JobHistories.Running, new ManuscriptPrepared(2, 1, 3, 2, 20));

        var json = System.Text.Json.JsonSerializer.Serialize(job, JobsJson.Default.Job);

        System.Text.Json.JsonSerializer.Deserialize(json, JobsJson.Default.Job).ShouldBe(job);
    }
}

/// <summary>Jobs in every state, arranged from events.</summary>
internal static class JobHistories
{
    public static readonly Job Pending = Of(
        Job.Initial,
        new JobSubmitted(
            "audiobook",
            "flite-slt",
            "m4b",
            64,
            100,
            Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b601"),
            2_000,
            "p1"
        )
    );

    public static readonly Job Running = Of(Pending, new JobStarted(1));
    public static readonly Job Completed = Of(Running, new JobCompleted(2_000));
    public static readonly Job Failed = Of(Running, new JobFailed("synthesize", "internal", 0));
    public static readonly Job Cancelled = Of(Running, new JobCancellationRequested(), new JobCancelled(0));

    public static Job Of(Job from, params object[] events) => events.Aggregate(from, Job.Evolve);
}
