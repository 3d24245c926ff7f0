using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Jobs.Ending;

/// <summary>
/// A run whose hold has expired has hung for days: it ends, what was delivered is paid, and a retry goes on from there.
/// </summary>
internal sealed class EndRunWhenHoldExpires : IWhenHoldExpires
{
    public async Task<bool> EndAsync(Session session, OpenHold hold, CancellationToken cancel)
    {
        var job = await session.FetchForExclusiveWriting<Job>(hold.Job, cancel);
        if (job is null || job.State.Hold != hold.Hold)
            return false;
        switch (job.State)
        {
            case { Status: JobStatus.Pending } or { Status: JobStatus.Running, StopRequested: true }:
                await RunEnding.CancelAsync(session, job, cancel);
                return true;
            case { Status: JobStatus.Running }:
                await RunEnding.FailAsync(
                    session,
                    job,
                    "hold",
                    "hold-expired",
                    "The job took longer than its credits may be held. Retry it; finished parts are kept.",
                    cancel
                );
                return true;
            default:
                return false;
        }
    }
}
