using System.Text;
using System.Text.Json;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Submission;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Ending;

/// <summary>What a retry may say; it may also come without a body.</summary>
/// <param name="Quote">The quote to accept, of POST /quotes with the job's id. The run is then held at exactly its high.</param>
internal sealed record RetryRequest(string? Quote = null);

internal static class RetryJob
{
    /// <summary>Why a job can't go on; null if it can.</summary>
    public static Problem? Refuse(Job job) =>
        job.Status is JobStatus.Failed or JobStatus.Cancelled && !job.DeletionRequested
            ? null
            : JobsProblems.NotRetryable.With($"The job is {job.Status.ToString().ToLowerInvariant()}.");

    /// <summary>A failed or cancelled job goes on as a new run with a hold of its own, for what is not paid yet.</summary>
    public static JobReopened Decide(Job job, Order order, HoldTerms terms, Guid hold) =>
        new(job.Run + 1, hold, terms.Held, terms.PriceVersion, terms.Characters, order.PricedAs);
}

internal static class RetryJobEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/jobs/{id}/retry", HandleAsync)
            .WithName("RetryJob")
            .WithTags("jobs")
            .WithSummary("Go on with a failed or cancelled job from where it stopped")
            .WithDescription(
                "Finished chunks are neither made nor charged again, and nothing is held for those that are paid. Needs an Idempotency-Key, since it holds credits. The body may be left out; its quote is one of POST /quotes for this job."
            )
            .Produces<JobAccepted>(StatusCodes.Status202Accepted)
            .WithProblems(
                CommonProblems.NotFound,
                CommonProblems.InvalidValues,
                JobsProblems.NotRetryable,
                Quotes.NotValid,
                Idempotency.KeyMissing,
                Idempotency.KeyReused,
                Idempotency.InFlight
            )
            .WithProblems(HoldProblems.All)
            .WithExample(
                new RetryRequest("quote_01jbrc2ahvfh68wqz0e60r18x5"),
                new JobAccepted(
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
        RetryRequest? body,
        HttpContext http,
        Caller caller,
        EventStore store,
        VoiceDirectory voices,
        JobQuotes quotes,
        CancellationToken cancel
    )
    {
        var (key, noKey) = Idempotency.ReadKey(http);
        if (noKey is not null)
            return noKey.AsResult();
        if (!PublicId.TryParse(JobLinks.Prefix, id, out var jobId))
            return JobNotFound.Problem.AsResult();

        await using var session = store.OpenSession(caller);
        // The route names the job: the same key for another job is another request.
        var request = new IdempotentAnswer(
            $"POST /jobs/{id}/retry",
            key,
            Encoding.UTF8.GetBytes(body?.Quote ?? ""),
            StatusCodes.Status202Accepted,
            JobLinks.Of(jobId).Self,
            []
        );
        if (await Idempotency.ReplayAsync(store, session.Context, request, cancel) is { } earlier)
            return earlier;

        var job = await session.FetchForExclusiveWriting<Job>(jobId, cancel);
        if (job is null || job.State.Status == JobStatus.Deleted)
            return JobNotFound.Problem.AsResult();
        if (RetryJob.Refuse(job.State) is { } refusal)
            return refusal.AsResult();
        var order = await Order.OfRetryAsync(session, jobId, job.State, voices, cancel);
        var terms = await quotes.TermsAsync(session, order, body?.Quote, cancel);
        if (terms is null)
        {
            await session.DisposeAsync(); // nobody waits for the job, nor we for a second connection, while a quote is made
            return await quotes.RefuseAsync(caller, order, Quotes.Unknown, cancel);
        }

        var reopened = RetryJob.Decide(job.State, order, terms, store.NewId());
        var title = await session.QueryAsync(
            "select title from jobs.manuscripts where job_id = $1",
            row => row.GetString(0),
            cancel,
            jobId
        );

        job.Append(reopened);
        session.Enqueue(new StartJobs(job.Workspace));
        quotes.Hold(session, terms, order, reopened.Hold, jobId, reopened.Run, caller.ApiKey);
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
        catch (ConstraintViolatedException e) when (JobQuotes.Refuses(e))
        {
            return await quotes.RefuseAsync(caller, order, e, reopened.Held, cancel);
        }
    }
}
