using Lectern.Eventing;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;

namespace Lectern.Voices.Characters;

/// <summary>A picture of a character, made anew from what was sent.</summary>
/// <param name="Expression">Its key.</param>
/// <param name="Png">The whole picture.</param>
/// <param name="Thumbnail">The same, small.</param>
internal sealed record NewImage(string Expression, ReadOnlyMemory<byte> Png, ReadOnlyMemory<byte> Thumbnail);

/// <summary>A picture whose files are stored.</summary>
internal sealed record StoredImage(string Expression, StoredBlob Png, StoredBlob Thumbnail)
{
    /// <summary>Adds its row, or changes the one that the expression had.</summary>
    public void Save(Session session, Guid character) =>
        session.Execute(
            """
            insert into voices.character_images (character_id, expression, workspace_id, blob, thumbnail, sha256, bytes)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (character_id, expression) do update
            set blob = excluded.blob, thumbnail = excluded.thumbnail, sha256 = excluded.sha256, bytes = excluded.bytes
            """,
            character,
            Expression,
            session.Context.Workspace,
            Png.Key,
            Thumbnail.Key,
            Png.Sha256,
            Png.Size
        );
}

/// <summary>
/// The files of one request. They are written before the rows that name them, and deleted again when those are known
/// not to be there; what a crash leaves in between, <see cref="CharacterFileSweep"/> finds.
/// </summary>
internal sealed class CharacterFiles(IBlobStore blobs, Guid workspace, Guid character, EventStore store)
{
    /// <summary>Below this stand the files of all characters.</summary>
    public const string Root = "characters";

    /// <summary>What the files begin with that no row names, since they can be made anew at any time.</summary>
    public const string Preview = "preview-";

    private readonly List<string> _written = [];

    /// <summary>Below this stand the files of a workspace's characters.</summary>
    public static string FolderOf(Guid workspace) => $"{Root}/{workspace:n}";

    /// <summary>Below this stand the files of one character.</summary>
    public static string FolderOf(Guid workspace, Guid character) => $"{FolderOf(workspace)}/{character:n}";

    public async Task<StoredBlob> WriteSampleAsync(Pcm audio, CancellationToken cancel) =>
        await WriteAsync("wav", Wav.Write(audio), cancel);

    public async Task<StoredImage> WriteImageAsync(NewImage image, CancellationToken cancel) =>
        new(
            image.Expression,
            await WriteAsync("png", image.Png, cancel),
            await WriteAsync("png", image.Thumbnail, cancel)
        );

    /// <summary>No row will name them. Not for a commit that failed: it may have happened all the same.</summary>
    public async Task DropAsync()
    {
        foreach (var blob in _written)
            await blobs.DeleteAsync(blob, CancellationToken.None);
    }

    private async Task<StoredBlob> WriteAsync(string ending, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        using var content = new MemoryStream(bytes.ToArray(), writable: false);
        var key = $"{FolderOf(workspace, character)}/{store.NewId():n}.{ending}";
        _written.Add(key);
        return await blobs.WriteAsync(key, content, cancel);
    }
}

/// <summary>Deletes files whose rows are gone; one that is gone already is fine.</summary>
internal sealed class DeleteCharacterFilesHandler(IBlobStore blobs) : IMessageHandler<DeleteCharacterFiles>
{
    public async Task HandleAsync(DeleteCharacterFiles message, MessageContext context, CancellationToken stop)
    {
        foreach (var blob in message.Blobs)
            await blobs.DeleteAsync(blob, stop);
    }

    public Task GiveUpAsync(
        DeleteCharacterFiles message,
        MessageContext context,
        Exception error,
        CancellationToken stop
    ) => Task.CompletedTask;
}

/// <summary>Deletes all files of a character that is gone, also those that no row named.</summary>
internal sealed class DeleteCharacterFolderHandler(IBlobStore blobs) : IMessageHandler<DeleteCharacterFolder>
{
    public async Task HandleAsync(DeleteCharacterFolder message, MessageContext context, CancellationToken stop)
    {
        var folder = CharacterFiles.FolderOf(context.Session.Context.Workspace, message.Character);
        await foreach (var file in blobs.ListAsync(folder, DateTimeOffset.MaxValue, stop))
            await blobs.DeleteAsync(file, stop);
    }

    public Task GiveUpAsync(
        DeleteCharacterFolder message,
        MessageContext context,
        Exception error,
        CancellationToken stop
    ) => Task.CompletedTask;
}
