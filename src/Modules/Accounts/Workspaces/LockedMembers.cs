using System.Text.Json.Nodes;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;

namespace Lectern.Accounts.Workspaces;

/// <summary>A member, as decisions need it.</summary>
/// <param name="Person">Who.</param>
/// <param name="Role">The role now.</param>
/// <param name="Stamp">What their access tokens stand on.</param>
/// <param name="IsLastAdmin">Whether the workspace has no other admin.</param>
internal sealed record Member(Guid Person, Role Role, Guid Stamp, bool IsLastAdmin);

/// <summary>
/// Some members of a shared workspace, read and changed while nobody else can change any: the workspace stays locked until
/// this is saved or disposed.
/// </summary>
internal sealed class LockedMembers : IAsyncDisposable
{
    private readonly EventStore _store;
    private readonly Session _session;
    private readonly StreamForWriting<Workspace> _workspace;
    private readonly IReadOnlyList<Member> _members;

    private LockedMembers(
        EventStore store,
        Session session,
        StreamForWriting<Workspace> workspace,
        IReadOnlyList<Member> members
    ) => (_store, _session, _workspace, _members) = (store, session, workspace, members);

    /// <summary>Locks the workspace of the caller's token and reads these people's memberships.</summary>
    public static async Task<(LockedMembers? Members, Problem? Refusal)> OpenAsync(
        EventStore store,
        Caller caller,
        CancellationToken cancel,
        params Guid[] people
    )
    {
        var session = store.OpenWorkerSession(caller);
        try
        {
            var (workspace, refusal) = await SharedWorkspace.LockAsync(session, cancel);
            if (workspace is null)
            {
                await session.DisposeAsync();
                return (null, refusal);
            }

            var members = await ReadAsync(session, workspace.Id, people, cancel);
            return (new LockedMembers(store, session, workspace, members), null);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>409 for whoever would leave the workspace without an admin.</summary>
    public static Problem LastAdmin() => AccountsProblems.LastAdmin.With("Nobody else could manage it then.");

    /// <summary>The member, if the person is one.</summary>
    public Member? Find(Guid person) => _members.SingleOrDefault(member => member.Person == person);

    /// <summary>Adds another role to the unit of work, with a new stamp: tokens for the old one are refused from the commit on.</summary>
    public void ChangeRole(Member member, Role to)
    {
        _session.Execute(
            "update accounts.members set role = $3, stamp = $4 where workspace_id = $1 and person_id = $2",
            _workspace.Id,
            member.Person,
            to.Name(),
            _store.NewId()
        );
        SignInSessions.Revoke(_session, member.Stamp);
        _workspace.Append(new MemberRoleChanged(_workspace.Id, member.Person, member.Role.Name(), to.Name()));
    }

    /// <summary>Adds the end of a membership to the unit of work.</summary>
    public void Remove(Member member)
    {
        _session.Execute(
            "delete from accounts.members where workspace_id = $1 and person_id = $2",
            _workspace.Id,
            member.Person
        );
        SignInSessions.Revoke(_session, member.Stamp);
        _workspace.Append(new MemberLeft(_workspace.Id, member.Person));
    }

    /// <summary>Adds an entry of the audit log, and commits.</summary>
    public async Task SaveAsync(string action, Guid person, JsonObject? detail, CancellationToken cancel)
    {
        AuditLog.Record(_session, _workspace.Id, action, AccountIds.Person(person), detail);
        await _session.SaveChangesAsync(cancel);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private static Task<List<Member>> ReadAsync(
        Session session,
        Guid workspace,
        Guid[] people,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            """
            select m.person_id, m.role, m.stamp, m.role = 'admin' and not exists (
                select from accounts.members o
                where o.workspace_id = m.workspace_id and o.role = 'admin' and o.person_id <> m.person_id)
            from accounts.members m where m.workspace_id = $1 and m.person_id = any($2)
            """,
            row => new Member(
                row.GetGuid(0),
                Roles.TryParse(row.GetString(1), out var role)
                    ? role
                    : throw new InvalidDataException($"There is no role {row.GetString(1)}."),
                row.GetGuid(2),
                row.GetBoolean(3)
            ),
            cancel,
            workspace,
            people
        );
}
