using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel.Blobs;

namespace Lectern.Jobs.Ending;

/// <summary>What deleting a job means for its rows, in the unit of work that says that it is deleted.</summary>
internal static class Deletion
{
    /// <summary>
    /// Adds to the unit of work what a wish to delete means: a job at rest goes at once, a pending one is cancelled first,
    /// and a running one is told to stop and goes when it has. Whether it is gone.
    /// </summary>
    public static async Task<bool> RequestAsync(Session session, StreamForWriting<Job> job, CancellationToken stop)
    {
        if (job.State.Status is JobStatus.Pending)
            await RunEnding.CancelAsync(session, job, stop);
        if (job.State.HasEnded)
        {
            Apply(session, job);
            return true;
        }

        if (!job.State.DeletionRequested)
        {
            job.Append(new JobDeletionRequested());
            await CancelJob.ApplyAsync(session, job, CancelJob.Decide(job.State).Decision, stop);
        }

        return false;
    }

    public static void Apply(Session session, StreamForWriting<Job> job)
    {
        job.Append(new JobDeleted());
        foreach (var table in (string[])["manuscripts", "chapters", "segments", "chunks", "failures"])
            session.Execute($"delete from jobs.{table} where job_id = $1", job.Id);
        session.Enqueue(new CollectFiles(job.Id));
    }
}

/// <summary>
/// Deletes the rows of audio that no job of the workspace refers to any more, and hands their files on to be deleted
/// once that is committed. A foreign key refuses if a job has taken up an audio in the meantime; then it is tried again.
/// </summary>
internal sealed class CollectFilesHandler(EventStore store) : IMessageHandler<CollectFiles>
{
    private const int FilesPerMessage = 500;

    public async Task HandleAsync(CollectFiles message, MessageContext context, CancellationToken stop)
    {
        var workspace = context.Session.Context.Workspace;
        await using var reading = store.OpenWorkerSession(context.Session.Context);
        var audio = await reading.QueryAsync(
            """
            select a.hash, a.blob from jobs.audio a
            where a.workspace_id = $1
              and not exists (select from jobs.chunks c where c.workspace_id = a.workspace_id and c.hash = a.hash)
              and not exists (select from jobs.chunks c where c.workspace_id = a.workspace_id and c.audio = a.hash)
            """,
            row => (Hash: row.GetString(0), Blob: row.GetString(1)),
            stop,
            workspace
        );
        var encodings = await reading.QueryAsync(
            """
            select e.hash, e.blob from jobs.encodings e
            where e.workspace_id = $1
              and not exists (select from jobs.segments s where s.workspace_id = e.workspace_id and s.encoding = e.hash)
            """,
            row => (Hash: row.GetString(0), Blob: row.GetString(1)),
            stop,
            workspace
        );
        var results = await reading.QueryAsync(
            "select blob from jobs.artifacts where job_id = $1",
            row => row.GetString(0),
            stop,
            message.Job
        );

        var session = context.Session;
        var hashes = audio.Select(a => a.Hash).ToArray();
        session.Execute("delete from jobs.paid_audio where workspace_id = $1 and hash = any($2)", workspace, hashes);
        session.Execute("delete from jobs.audio where workspace_id = $1 and hash = any($2)", workspace, hashes);
        session.Execute(
            "delete from jobs.encodings where workspace_id = $1 and hash = any($2)",
            workspace,
            encodings.Select(e => e.Hash).ToArray()
        );
        session.Execute("delete from jobs.artifacts where job_id = $1", message.Job);
        foreach (
            var blobs in results
                .Concat(audio.Select(a => a.Blob))
                .Concat(encodings.Select(e => e.Blob))
                .Chunk(FilesPerMessage)
        )
            session.Enqueue(new DeleteFiles(blobs));
    }

    public Task GiveUpAsync(CollectFiles message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}

/// <summary>Deletes files whose rows are gone; one that is gone already is fine.</summary>
internal sealed class DeleteFilesHandler(IBlobStore blobs) : IMessageHandler<DeleteFiles>
{
    public async Task HandleAsync(DeleteFiles message, MessageContext context, CancellationToken stop)
    {
        foreach (var blob in message.Blobs)
            await blobs.DeleteAsync(blob, stop);
    }

    public Task GiveUpAsync(DeleteFiles message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
