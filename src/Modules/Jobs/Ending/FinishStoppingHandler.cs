using Lectern.Eventing;

namespace Lectern.Jobs.Ending;

/// <summary>Ends a run that was asked to stop, once the chunks that were at work are done.</summary>
internal sealed class FinishStoppingHandler(EventStore store) : IMessageHandler<FinishStopping>
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    public async Task HandleAsync(FinishStopping message, MessageContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context.Session.Context);
        if (await reading.IsAtWorkAsync(message.Job, stop))
        {
            context.Postpone(LookAgain);
            return;
        }

        var session = context.Session;
        var job = await session.FetchForExclusiveWriting<Job>(message.Job, stop);
        if (job is null || job.State.Status == JobStatus.Deleted)
            return;
        if (job.State is { Status: JobStatus.Running, StopRequested: true } && job.State.Run == message.Run)
            await RunEnding.CancelAsync(session, job, stop);
        if (job.State is { DeletionRequested: true, HasEnded: true })
            Deletion.Apply(session, job);
    }

    /// <summary>The letter can be replayed; until then the job shows that it is stopping.</summary>
    public Task GiveUpAsync(FinishStopping message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
