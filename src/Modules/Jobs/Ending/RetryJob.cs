using System.Text.Json;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Submission;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Ending;

internal static class RetryJob
{
    /// <summary>A failed or cancelled job goes on as a new run with a hold of its own.</summary>
    public static (JobReopened? Reopened, Problem? Refusal) Decide(Job job, Quote quote, Guid hold) =>
        job.Status is JobStatus.Failed or JobStatus.Cancelled && !job.DeletionRequested
            ? (new JobReopened(job.Run + 1, hold, quote.High, quote.PriceVersion), null)
            : (null, JobsProblems.NotRetryable.With($"The job is {job.Status.ToString().ToLowerInvariant()}."));
}

internal static class RetryJobEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/jobs/{id}/retry", HandleAsync)
            .WithName("RetryJob")
            .WithTags("jobs")
            .WithSummary("Go on with a failed or cancelled job from where it stopped")
            .WithDescription(
                "Finished chunks are neither made nor charged again. Needs an Idempotency-Key, since it holds credits."
            )
            .Produces<JobAccepted>(StatusCodes.Status202Accepted)
            .WithProblems(
                JobsProblems.NotRetryable,
                Idempotency.KeyMissing,
                Idempotency.KeyReused,
                Idempotency.InFlight
            )
            .WithExample(
                response: new JobAccepted(
                    "job_01jbrc2ahvfh68wqz0e60r18x5",
                    "pending",
                    JobKinds.Audiobook,
                    "Pride and Prejudice",
                    "0.36408",
                    "5f2c8e41d0aa",
                    JobLinks.Of(Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"))
                )
            );

    private static async Task<IResult> HandleAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        Prices prices,
        CancellationToken cancel
    )
    {
        var (key, noKey) = Idempotency.ReadKey(http);
        if (noKey is not null)
            return noKey.AsResult();
        if (!PublicId.TryParse(JobLinks.Prefix, id, out var jobId))
            return JobNotFound.Problem.AsResult();

        await using var session = store.OpenSession(caller);
        // The body is empty, so the route names the job: the same key for another job is another request.
        var request = new IdempotentAnswer(
            $"POST /jobs/{id}/retry",
            key,
            [],
            StatusCodes.Status202Accepted,
            JobLinks.Of(jobId).Self,
            []
        );
        if (await Idempotency.ReplayAsync(store, session.Context, request, cancel) is { } earlier)
            return earlier;

        var job = await session.FetchForExclusiveWriting<Job>(jobId, cancel);
        if (job is null || job.State.Status == JobStatus.Deleted)
            return JobNotFound.Problem.AsResult();
        var quote = prices.Quote(Quantity.Exactly(PricedItems.Audiobook, job.State.Characters));
        var (reopened, refusal) = RetryJob.Decide(job.State, quote, store.NewId());
        if (reopened is null)
            return refusal!.AsResult();
        var title = await session.QueryAsync(
            "select title from jobs.manuscripts where job_id = $1",
            row => row.GetString(0),
            cancel,
            jobId
        );

        job.Append(reopened);
        session.Enqueue(new StartJobs(job.Workspace));
        Wallets.Hold(session, reopened.Hold, jobId, reopened.Run, reopened.Held, reopened.PriceVersion, caller.ApiKey);
        var answer = new JobAccepted(
            id,
            "pending",
            JobKinds.Audiobook,
            title.Single(),
            Credits.Format(reopened.Held),
            reopened.PriceVersion,
            JobLinks.Of(jobId)
        );
        try
        {
            return await Idempotency.SaveAsync(
                session,
                request with
                {
                    Body = JsonSerializer.SerializeToUtf8Bytes(answer, StrictJson.Options),
                },
                store,
                cancel
            );
        }
        catch (ConstraintViolatedException e) when (Wallets.Refuses(e))
        {
            return await SubmitJobEndpoint.RefusalAsync(store, caller, e, reopened.Held, cancel);
        }
    }
}
