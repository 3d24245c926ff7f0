using Lectern.Eventing;

namespace Lectern.Accounts.Contracts;

/// <summary>Where to write to people about a workspace.</summary>
public static class MemberAddresses
{
    /// <summary>
    /// A member's address; null for who is no member any more, whose account is disabled or being erased, and when the
    /// workspace was deleted.
    /// </summary>
    /// <param name="session">A worker session.</param>
    /// <param name="workspace">What it is about.</param>
    /// <param name="person">Whom to write to.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<string?> FindAsync(
        Session session,
        Guid workspace,
        Guid person,
        CancellationToken cancel
    ) => await ListAsync(session, workspace, person, null, cancel) is [var (_, address)] ? address : null;

    /// <summary>The members who can be written to: all, or one, in any role or in one.</summary>
    internal static Task<List<(Guid Person, string Address)>> ListAsync(
        Session session,
        Guid workspace,
        Guid? person,
        string? role,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            """
            select p.id, p.email from accounts.people p
            join accounts.members m on m.person_id = p.id join accounts.workspaces w on w.id = m.workspace_id
            where w.id = $1 and ($2::uuid is null or p.id = $2) and ($3::text is null or m.role = $3)
            and w.deleted_at is null and p.disabled_at is null and p.erased_at is null
            order by p.id
            """,
            row => (row.GetGuid(0), row.GetString(1)),
            cancel,
            workspace,
            Typed.Uuid(person),
            Typed.Text(role)
        );
}
