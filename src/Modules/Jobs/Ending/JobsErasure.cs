using Lectern.Eventing;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Jobs.Ending;

/// <summary>
/// Erases a workspace's jobs: each is deleted as its owner would delete it, so running ones stop first and their holds
/// are released. When nothing works for the workspace any more, the rows and files go that no job names, too.
/// </summary>
internal sealed class JobsErasure(EventStore store, QueueOperations queue, IBlobStore blobs) : IErasePart
{
    private static readonly string[] Tables =
    [
        "manuscripts",
        "chapters",
        "segments",
        "chunks",
        "failures",
        "artifacts",
        "places",
        "paid_audio",
        "encodings",
        "audio",
    ];

    /// <inheritdoc/>
    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        var context = new SessionContext(workspace, "system", Guid.CreateVersion7());
        await using var reading = store.OpenWorkerSession(context);
        var jobs = await reading.QueryAsync(
            "select id from jobs.job_view where workspace_id = $1 order by created_at desc, id desc",
            row => row.GetGuid(0),
            stop,
            workspace
        );
        foreach (var id in jobs)
            await DeleteAsync(id, context, stop);
        if (jobs.Count > 0 || await queue.HasMessagesAsync(workspace, "jobs", stop))
            return false;

        await using var session = store.OpenWorkerSession(context);
        foreach (var table in Tables)
            session.Execute($"delete from jobs.{table} where workspace_id = $1", workspace);
        await session.SaveChangesAsync(stop);
        foreach (var folder in WorkspaceFiles.Folders(workspace))
        await foreach (var file in blobs.ListAsync(folder, DateTimeOffset.MaxValue, stop))
            await blobs.DeleteAsync(file, stop);
        return true;
    }

    private async Task DeleteAsync(Guid id, SessionContext context, CancellationToken stop)
    {
        await using var session = store.OpenWorkerSession(context);
        if (
            await session.FetchForExclusiveWriting<Job>(id, stop) is not { State.Status: not JobStatus.Deleted } job
            || job.State.DeletionRequested && !job.State.HasEnded
        )
            return;
        await Deletion.RequestAsync(session, job, stop);
        await session.SaveChangesAsync(stop);
    }
}
