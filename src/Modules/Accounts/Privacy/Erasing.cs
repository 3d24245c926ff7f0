using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Accounts.Privacy;

/// <summary>Erase an account whose erasure has begun.</summary>
internal sealed record ErasePerson(Guid Person);

/// <summary>Erase what a deleted workspace holds.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="IsSecondLook">Whether it was erased before, and this is for what came too late to be seen then.</param>
internal sealed record EraseWorkspace(Guid Workspace, bool IsSecondLook = false)
{
    /// <summary>
    /// Whoever was let in before the deletion may still write: an access token lives for an hour at most, and a request
    /// as long. After that nobody can, and what they wrote is erased, too.
    /// </summary>
    public static readonly TimeSpan UntilSecondLook = TimeSpan.FromHours(2.25);
}

/// <summary>Erasing as both messages need it: asks every module, and forgets what Eventing keeps.</summary>
internal sealed class Erasing(IEnumerable<IErasePart> parts, QueueOperations queue)
{
    /// <summary>What still runs needs moments to stop.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    /// <summary>Erases what a workspace holds; false when it is to be asked again.</summary>
    public async Task<bool> WorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        var isDone = true;
        foreach (var part in parts)
            isDone &= await part.EraseWorkspaceAsync(workspace, stop);
        // Answers repeat titles, and errors may quote a text.
        await queue.ForgetWorkspaceAsync(workspace, stop);
        return isDone;
    }

    /// <summary>Erases what is kept about a person elsewhere; false when it is to be asked again.</summary>
    public async Task<bool> PersonAsync(Guid person, CancellationToken stop)
    {
        var isDone = true;
        foreach (var part in parts)
            isDone &= await part.ErasePersonAsync(person, stop);
        return isDone;
    }
}

/// <summary>
/// Erases a deleted workspace. Whoever deletes one enqueues <see cref="EraseWorkspace"/> in the unit of work that sets
/// <c>deleted_at</c>.
/// </summary>
internal sealed class EraseWorkspaceHandler(EventStore store, Erasing erasing) : IMessageHandler<EraseWorkspace>
{
    public async Task HandleAsync(EraseWorkspace message, MessageContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context.Session.Context);
        var deleted = await reading.QueryAsync(
            "select 1 from accounts.workspaces where id = $1 and deleted_at is not null",
            row => row.GetInt32(0),
            stop,
            message.Workspace
        );
        if (deleted.Count == 0)
            throw new GiveUpException("The workspace was not deleted, so it is not erased.");
        if (!await erasing.WorkspaceAsync(message.Workspace, stop))
        {
            context.Postpone(Erasing.LookAgain);
            return;
        }

        if (message.IsSecondLook)
            return;
        context.Session.Execute("delete from accounts.members where workspace_id = $1", message.Workspace);
        context.Session.Enqueue(message with { IsSecondLook = true }, delay: EraseWorkspace.UntilSecondLook);
        AuditLog.Record(
            context.Session,
            AuditLog.Platform,
            "workspaces.erased",
            AccountIds.Workspace(message.Workspace)
        );
    }

    /// <summary>The audit tells of erasures that don't come to their end, and the letter can be replayed.</summary>
    public Task GiveUpAsync(EraseWorkspace message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}

/// <summary>
/// Erases a person: first the workspaces that were theirs alone, then what is kept about them elsewhere, and at last
/// their own row. That one commits with the event, and until then every step can be done again.
/// </summary>
internal sealed class ErasePersonHandler(EventStore store, Erasing erasing) : IMessageHandler<ErasePerson>
{
    public async Task HandleAsync(ErasePerson message, MessageContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context.Session.Context);
        var found = await reading.QueryAsync(
            """
            select p.erasing_at is not null, p.erased_at is not null,
                   array(select m.workspace_id from accounts.members m where m.person_id = p.id)
            from accounts.people p where p.id = $1
            """,
            row => (IsWished: row.GetBoolean(0), IsDone: row.GetBoolean(1), Workspaces: row.GetFieldValue<Guid[]>(2)),
            stop,
            message.Person
        );
        if (found is not [var person] || !person.IsWished)
            throw new GiveUpException("Nobody wished this account to be erased.");
        if (person.IsDone)
            return;

        var isDone = true;
        foreach (var workspace in person.Workspaces)
            isDone &= await erasing.WorkspaceAsync(workspace, stop);
        isDone &= await erasing.PersonAsync(message.Person, stop);
        if (!isDone)
        {
            context.Postpone(Erasing.LookAgain);
            return;
        }

        var session = context.Session;
        foreach (var statement in PersonalRows.AtTheEnd)
            session.Execute(statement, message.Person);
        session.Append<Account>(message.Person, new AccountErased(message.Person));
        foreach (var workspace in person.Workspaces)
            session.Enqueue(new EraseWorkspace(workspace, IsSecondLook: true), delay: EraseWorkspace.UntilSecondLook);
        AuditLog.Record(session, AuditLog.Platform, "people.erased", AccountIds.Person(message.Person));
    }

    /// <summary>The audit tells of erasures that don't come to their end, and the letter can be replayed.</summary>
    public Task GiveUpAsync(ErasePerson message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
