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
    ) =>
        await session.QueryAsync(
            """
            select p.email from accounts.people p
            join accounts.members m on m.person_id = p.id join accounts.workspaces w on w.id = m.workspace_id
            where p.id = $2 and w.id = $1 and w.deleted_at is null and p.disabled_at is null and p.erased_at is null
            """,
            row => row.GetString(0),
            cancel,
            workspace,
            person
        )
            is [var address]
            ? address
            : null;
}
