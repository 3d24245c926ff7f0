using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Voices.Characters;

/// <summary>
/// Erases a workspace's characters as their owner would delete them, with their clones, and a person's stars. When no
/// message of theirs is left, the files go that no row names, too.
/// </summary>
internal sealed class CharactersErasure(EventStore store, QueueOperations queue, IBlobStore blobs) : IErasePart
{
    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        await using var reading = store.OpenSystemSession(workspace);
        var characters = await reading.QueryAsync(
            "select id from voices.characters where workspace_id = $1",
            row => row.GetGuid(0),
            stop,
            workspace
        );
        foreach (var id in characters)
        {
            await using var session = store.OpenSystemSession(workspace);
            if (await session.FetchForExclusiveWriting<Character>(id, stop) is not { State.Exists: true } stream)
                continue;
            await CharacterDeletion.ApplyAsync(session, stream, stop);
            await session.SaveChangesAsync(stop);
        }

        if (characters.Count > 0 || await queue.HasMessagesAsync(workspace, "voices", stop))
            return false;
        var folder = CharacterFiles.FolderOf(workspace);
        await foreach (var file in blobs.ListAsync(folder, DateTimeOffset.MaxValue, stop))
            await blobs.DeleteAsync(file, stop);
        return true;
    }

    public async Task<bool> ErasePersonAsync(Guid person, CancellationToken stop)
    {
        await using var session = store.OpenSystemSession();
        session.Execute("delete from voices.character_stars where person_id = $1", person);
        await session.SaveChangesAsync(stop);
        return true;
    }
}
