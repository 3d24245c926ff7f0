using Lectern.Eventing;

namespace Lectern.Accounts.Contracts;

/// <summary>Whom to tell what concerns a whole workspace.</summary>
public static class WorkspaceAdmins
{
    /// <summary>The admins of the session's workspace who can be written to.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static Task<List<Guid>> ListAsync(Session session, CancellationToken cancel) =>
        session.QueryAsync(
            """
            select p.id from accounts.members m join accounts.people p on p.id = m.person_id
            where m.workspace_id = $1 and m.role = 'admin' and p.erased_at is null and p.disabled_at is null
            order by p.id
            """,
            row => row.GetGuid(0),
            cancel,
            session.Context.Workspace
        );

    /// <summary>The address of somebody who is still such an admin; null for who is not.</summary>
    public static async Task<string?> FindAddressAsync(Session session, Guid person, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                """
                select p.email from accounts.members m join accounts.people p on p.id = m.person_id
                where m.workspace_id = $1 and m.role = 'admin' and p.erased_at is null and p.disabled_at is null
                and p.id = $2
                """,
                row => row.GetString(0),
                cancel,
                session.Context.Workspace,
                person
            )
        ).SingleOrDefault();
}
