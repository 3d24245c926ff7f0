using Lectern.Accounts.Contracts;
using Lectern.Accounts.Profile;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Mail;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Accounts.Privacy;

/// <summary>What Accounts erases of its own, but for the row of the person, which goes last.</summary>
internal sealed class AccountsErasure(EventStore store, IBlobStore blobs, IMailer mailer) : IErasePart
{
    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        await using var session = Open(workspace);
        foreach (var statement in PersonalRows.OfWorkspace)
            session.Execute(statement, workspace);
        await session.SaveChangesAsync(stop);
        return true;
    }

    public async Task<bool> ErasePersonAsync(Guid person, CancellationToken stop)
    {
        await using var session = Open(Guid.Empty);
        var addresses = await session.QueryAsync(
            "select email from accounts.people where id = $1 and email is not null",
            row => row.GetString(0),
            stop,
            person
        );
        foreach (var address in addresses)
            await mailer.ForgetAsync(address, stop);
        foreach (var statement in PersonalRows.OfPerson)
            session.Execute(statement, person);
        // The person's own addresses; where somebody else acted upon them, the address is that other person's.
        session.Execute(
            """
            update accounts.audit_log set address = null
            where address is not null and (actor = $1 or (target = $2 and actor = 'system'))
            """,
            CallerSessions.ActorOf(person),
            AccountIds.Person(person)
        );
        await session.SaveChangesAsync(stop);
        await foreach (var file in blobs.ListAsync(Avatars.FolderOf(person), DateTimeOffset.MaxValue, stop))
            await blobs.DeleteAsync(file, stop);
        return true;
    }

    private Session Open(Guid workspace) => store.OpenSystemSession(workspace);
}
