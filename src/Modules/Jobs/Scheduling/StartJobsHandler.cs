using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Jobs.Scheduling;

/// <summary>
/// Gives a workspace's free places to its oldest pending jobs. Places are rows with a key, so two hosts that see the same
/// free place can't both fill it.
/// </summary>
internal sealed class StartJobsHandler(EventStore store, JobsOptions options) : IMessageHandler<StartJobs>
{
    public async Task HandleAsync(StartJobs message, MessageContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context.Session.Context);
        var places = await reading.QueryAsync(
            """
            select place from generate_series(1, $2) place
            where not exists (select from jobs.places p where p.workspace_id = $1 and p.place = place.place)
            order by place
            """,
            row => row.GetInt32(0),
            stop,
            message.Workspace,
            options.RunningPerWorkspace
        );
        var pending = await reading.QueryAsync(
            """
            select v.id from jobs.job_view v
            where v.workspace_id = $1 and v.status = 'pending' order by v.created_at, v.id limit $2
            """,
            row => row.GetGuid(0),
            stop,
            message.Workspace,
            places.Count
        );

        var session = context.Session;
        foreach (var (place, id) in places.Zip(pending))
        {
            var job = await session.FetchForWriting<Job>(id, stop);
            if (job is null || job.State.Status != JobStatus.Pending)
                continue;
            job.Append(new JobStarted(job.State.Run));
            session.Execute(
                "insert into jobs.places (workspace_id, place, job_id) values ($1, $2, $3)",
                message.Workspace,
                place,
                id
            );
            session.Enqueue(new PrepareManuscript(id, job.State.Run), group: id);
        }

        try
        {
            await session.SaveChangesAsync(stop);
        }
        catch (ConstraintViolatedException e) when (e.Constraint is "places_pkey" or "places_job_id_key")
        {
            throw new RetryLaterException("Another host filled the place.", TimeSpan.FromMilliseconds(50), inner: e);
        }
    }

    /// <summary>Pending jobs of the workspace wait for the next end of a job, or the replay of this letter.</summary>
    public Task GiveUpAsync(StartJobs message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
