using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;

namespace Lectern.Accounts.Profile;

/// <summary>Delete an avatar's file, whose row is gone or names another.</summary>
internal sealed record DeleteAvatarFile(string Blob);

/// <summary>Deletes it; one that is gone already is fine.</summary>
internal sealed class DeleteAvatarFileHandler(IBlobStore blobs) : IMessageHandler<DeleteAvatarFile>
{
    public Task HandleAsync(DeleteAvatarFile message, MessageContext context, CancellationToken stop) =>
        blobs.DeleteAsync(message.Blob, stop);

    public Task GiveUpAsync(
        DeleteAvatarFile message,
        MessageContext context,
        Exception error,
        CancellationToken stop
    ) => Task.CompletedTask;
}

/// <summary>An avatar's file, as its row says.</summary>
internal sealed record StoredAvatar(string Blob, string Sha256);

/// <summary>People's pictures: a row names the blob, and both change in one unit of work.</summary>
internal sealed class Avatars(EventStore store, IBlobStore blobs)
{
    /// <summary>Pixels along each side of an avatar.</summary>
    public const int Side = 256;

    /// <summary>The media type of every avatar.</summary>
    public const string MediaType = "image/png";

    /// <summary>Below this stand all files of a person's avatars, also those whose row never came to be.</summary>
    public static string FolderOf(Guid person) => $"avatars/{person:n}";

    /// <summary>The avatar of a person whom the session may see.</summary>
    public static async Task<StoredAvatar?> FindAsync(Session session, Guid person, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select blob, sha256 from accounts.avatars where person_id = $1",
                row => new StoredAvatar(row.GetString(0), row.GetString(1)),
                cancel,
                person
            )
        ).SingleOrDefault();

    /// <summary>Stores a new avatar in the place of the last one.</summary>
    public async Task<StoredBlob> ReplaceAsync(Caller caller, ReadOnlyMemory<byte> png, CancellationToken cancel)
    {
        using var content = new MemoryStream(png.ToArray(), writable: false);
        var blob = await blobs.WriteAsync($"{FolderOf(caller.Person)}/{store.NewId():n}.png", content, cancel);
        await using var session = store.OpenWorkerSession(caller);
        await DropLastAsync(session, caller.Person, cancel);
        // Who is being erased gets no new picture: its file would be found by nobody.
        session.Execute(
            """
            insert into accounts.avatars (person_id, blob, sha256, bytes)
            select id, $2, $3, $4 from accounts.people where id = $1 and erasing_at is null and erased_at is null
            on conflict (person_id) do update
            set blob = excluded.blob, sha256 = excluded.sha256, bytes = excluded.bytes, changed_at = now()
            """,
            caller.Person,
            blob.Key,
            blob.Sha256,
            blob.Size
        );
        await session.SaveChangesAsync(cancel);
        return blob;
    }

    /// <summary>Deletes the caller's avatar; that there is none is fine.</summary>
    public async Task DeleteAsync(Caller caller, CancellationToken cancel)
    {
        await using var session = store.OpenWorkerSession(caller);
        await DropLastAsync(session, caller.Person, cancel);
        session.Execute("delete from accounts.avatars where person_id = $1", caller.Person);
        await session.SaveChangesAsync(cancel);
    }

    /// <summary>The account's lock makes two changes at once come one after the other, so no file is left behind.</summary>
    private static async Task DropLastAsync(Session session, Guid person, CancellationToken cancel)
    {
        await session.FetchForExclusiveWriting<Account>(person, cancel);
        if (await FindAsync(session, person, cancel) is { } last)
            session.Enqueue(new DeleteAvatarFile(last.Blob));
    }
}
