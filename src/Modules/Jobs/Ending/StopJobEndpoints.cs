using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Ending;

/// <summary>The answer to a wish that takes effect a little later.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Status">Its status now.</param>
/// <param name="Stopping">Whether it still has to stop.</param>
/// <param name="Links">Where to see it happen.</param>
internal sealed record StopAccepted(string Id, string Status, bool Stopping, JobLinks Links)
{
    public static StopAccepted Of(StreamForWriting<Job> job) =>
        new(
            PublicId.Format(JobLinks.Prefix, job.Id),
            job.State.Status.ToString().ToLowerInvariant(),
            job.State.Status is JobStatus.Running,
            JobLinks.Of(job.Id)
        );
}

internal static class StopJobEndpoints
{
    private static readonly StopAccepted Example = new(
        "job_01jbrc2ahvfh68wqz0e60r18x5",
        "running",
        true,
        JobLinks.Of(Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"))
    );

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/jobs/{id}/cancel", CancelAsync)
            .WithName("CancelJob")
            .WithTags("jobs")
            .WithSummary("Stop a job at the next chunk boundary")
            .WithDescription("What was held is released; only audio that was listened to before is charged.")
            .Produces<StopAccepted>(StatusCodes.Status202Accepted)
            .WithProblems(JobsProblems.AlreadyEnded, CommonProblems.NotFound)
            .WithExample(response: Example);
        api.MapDelete("/jobs/{id}", DeleteAsync)
            .WithName("DeleteJob")
            .WithTags("jobs")
            .WithSummary("Delete a job with its texts and files")
            .WithDescription("204 when it is gone; 202 when it is running and goes as soon as it has stopped.")
            .Produces(StatusCodes.Status204NoContent)
            .Produces<StopAccepted>(StatusCodes.Status202Accepted)
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: Example);
    }

    private static async Task<IResult> CancelAsync(string id, Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        if (await FetchAsync(session, id, cancel) is not { } job)
            return JobNotFound.Problem.AsResult();
        var (refusal, decision) = CancelJob.Decide(job.State);
        if (refusal is not null)
            return refusal.AsResult();
        await CancelJob.ApplyAsync(session, job, decision, cancel);
        await session.SaveChangesAsync(cancel);
        return TypedResults.Accepted(JobLinks.Of(job.Id).Self, StopAccepted.Of(job));
    }

    private static async Task<IResult> DeleteAsync(string id, Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        if (await FetchAsync(session, id, cancel) is not { } job)
            return JobNotFound.Problem.AsResult();

        var isGone = await Deletion.RequestAsync(session, job, cancel);
        await session.SaveChangesAsync(cancel);
        if (isGone)
            return TypedResults.NoContent();
        return TypedResults.Accepted(JobLinks.Of(job.Id).Self, StopAccepted.Of(job));
    }

    /// <summary>Locks the job: its workers write to it all the time, and a wish to stop must not lose against them.</summary>
    private static async Task<StreamForWriting<Job>?> FetchAsync(
        Session session,
        string id,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(JobLinks.Prefix, id, out var job)
        && await session.FetchForExclusiveWriting<Job>(job, cancel) is { State.Status: not JobStatus.Deleted } found
            ? found
            : null;
}
