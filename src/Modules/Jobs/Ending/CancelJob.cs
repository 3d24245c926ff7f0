using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;

namespace Lectern.Jobs.Ending;

/// <summary>How a wish to stop is met.</summary>
internal enum StopDecision
{
    /// <summary>Nobody works on it: the run ends here and now.</summary>
    EndNow,

    /// <summary>Workers are told; the run ends at the next chunk boundary.</summary>
    TellWorkers,

    /// <summary>It was told before and is still stopping.</summary>
    AlreadyStopping,
}

internal static class CancelJob
{
    /// <summary>Pending jobs end at once, running ones at the next chunk boundary, ended ones can't.</summary>
    public static (Problem? Refusal, StopDecision Decision) Decide(Job job) =>
        job switch
        {
            { HasEnded: true } => (
                JobsProblems.AlreadyEnded.With(
                    $"The job is {job.Status.ToString().ToLowerInvariant()}; there is nothing to cancel."
                ),
                default
            ),
            { StopRequested: true } => (null, StopDecision.AlreadyStopping),
            { Status: JobStatus.Pending } => (null, StopDecision.EndNow),
            _ => (null, StopDecision.TellWorkers),
        };

    /// <summary>Adds what the decision means to the unit of work.</summary>
    public static async Task ApplyAsync(
        Session session,
        StreamForWriting<Job> job,
        StopDecision decision,
        CancellationToken stop
    )
    {
        switch (decision)
        {
            case StopDecision.EndNow:
                await RunEnding.CancelAsync(session, job, stop);
                break;
            case StopDecision.TellWorkers:
                job.Append(new JobCancellationRequested());
                session.DropWaiting(job.Id);
                session.Enqueue(new FinishStopping(job.Id, job.State.Run)); // in no group: a worker's failure must not drop it
                break;
        }
    }
}
