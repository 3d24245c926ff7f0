using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Ending;
using Lectern.Jobs.Submission;
using Lectern.Providers;
using Lectern.SharedKernel.Blobs;

namespace Lectern.Tests.Jobs.Ending;

public sealed class CancelJobDecisionTests
{
    [Fact]
    public void A_pending_job_ends_at_once() => Decide(JobHistories.Pending).ShouldBe(StopDecision.EndNow);

    [Fact]
    public void A_running_job_is_told_to_stop() => Decide(JobHistories.Running).ShouldBe(StopDecision.TellWorkers);

    [Fact]
    public void A_stopping_job_is_not_told_twice() =>
        Decide(JobHistories.Of(JobHistories.Running, new JobCancellationRequested()))
            .ShouldBe(StopDecision.AlreadyStopping);

    [Fact]
    public void An_ended_job_can_not_be_cancelled()
    {
        foreach (
            var (job, status) in new[]
            {
                (JobHistories.Completed, "completed"),
                (JobHistories.Failed, "failed"),
                (JobHistories.Cancelled, "cancelled"),
            }
        )
        {
            var refusal = CancelJob.Decide(job).Refusal!;
            refusal.Type.Urn.ShouldBe("urn:lectern:jobs:already-ended");
            refusal.Detail.ShouldBe($"The job is {status}; there is nothing to cancel.");
        }
    }

    private static StopDecision Decide(Lectern.Jobs.Job job)
    {
        var (refusal, decision) = CancelJob.Decide(job);
        refusal.ShouldBeNull();
        return decision;
    }
}

public sealed class RetryJobDecisionTests
{
    private static readonly Guid Hold = Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b603");

    [Fact]
    public void A_failed_or_cancelled_job_becomes_a_new_run_with_its_own_hold()
    {
        foreach (var job in new[] { JobHistories.Failed, JobHistories.Cancelled })
        {
            RetryJob.Refuse(job).ShouldBeNull();
            var order = new Order("flite-slt", "flite", "standard", 100, 40, 60, []);
            RetryJob
                .Decide(job, order, new HoldTerms(1_200, "p2", 60), Hold)
                .ShouldBe(new JobReopened(2, Hold, 1_200, "p2", 60, "flite/standard"));
        }
    }

    [Fact]
    public void A_job_that_has_not_ended_or_is_complete_is_not_retried()
    {
        foreach (
            var (job, status) in new[]
            {
                (JobHistories.Pending, "pending"),
                (JobHistories.Running, "running"),
                (JobHistories.Completed, "completed"),
            }
        )
        {
            var refusal = RetryJob.Refuse(job);
            refusal!.Type.Urn.ShouldBe("urn:lectern:jobs:not-retryable");
            refusal.Detail.ShouldBe($"The job is {status}.");
        }
    }

    [Fact]
    public void A_job_that_is_to_be_deleted_is_not_retried()
    {
        foreach (var end in new object[] { new JobFailed("synthesize", "internal", 0), new JobCancelled(0) })
        {
            var job = JobHistories.Of(
                JobHistories.Running,
                new JobDeletionRequested(),
                new JobCancellationRequested(),
                end
            );
            RetryJob.Refuse(job)!.Type.Urn.ShouldBe("urn:lectern:jobs:not-retryable");
        }
    }
}

public sealed class StepFailureTests
{
    [Fact]
    public void A_providers_failure_has_a_code_of_its_own_and_says_what_to_do()
    {
        foreach (var failure in Enum.GetValues<ProviderFailure>())
        {
            var (code, detail) = StepFailure.Describe(new ProviderException("flite", failure, "It broke."));
            code.ShouldMatch("\\Aprovider-[a-z]+(-[a-z]+)*\\z");
            detail.ShouldStartWith("flite: It broke. ");
            detail.Length.ShouldBeGreaterThan("flite: It broke. ".Length);
        }

        StepFailure
            .Describe(new ProviderException("flite", ProviderFailure.QuotaExhausted, "x"))
            .Code.ShouldBe("provider-quota-exhausted");
    }

    [Fact]
    public void What_wraps_a_failure_is_looked_through()
    {
        var inner = new ProviderException("flite", ProviderFailure.BadInput, "x");
        StepFailure.Describe(new GiveUpException("given up", inner)).Code.ShouldBe("provider-bad-input");
        StepFailure
            .Describe(new RetryLaterException("later", TimeSpan.Zero, inner: inner))
            .Code.ShouldBe("provider-bad-input");
    }

    [Fact]
    public void A_full_disk_says_so() =>
        StepFailure.Describe(new BlobStoreFullException("disk", new IOException())).Code.ShouldBe("storage-full");

    [Fact]
    public void A_bugs_message_is_not_shown_to_the_owner() =>
        StepFailure
            .Describe(new InvalidOperationException("secret"))
            .ShouldBe(("internal", "Something unexpected failed. Retry the job; finished parts are kept."));
}
