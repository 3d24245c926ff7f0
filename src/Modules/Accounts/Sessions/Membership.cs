using Lectern.Eventing;
using Lectern.SharedKernel.Access;
using Npgsql;

namespace Lectern.Accounts.Sessions;

/// <summary>A person in a workspace.</summary>
/// <param name="Person">The person.</param>
/// <param name="Workspace">The workspace.</param>
/// <param name="Role">The role there.</param>
/// <param name="Stamp">Names this membership in this role; null for a platform administrator who is no member.</param>
/// <param name="IsPlatformAdmin">Whether the person administers the platform.</param>
internal sealed record Membership(Guid Person, Guid Workspace, Role Role, Guid? Stamp, bool IsPlatformAdmin)
{
    private const string Columns = "p.id, w.id, m.role, m.stamp, p.platform_admin";

    /// <summary>
    /// How a person may enter a workspace: as a member, or as a platform administrator; null if not at all. Disabled and
    /// erased people enter nothing, and nobody enters a deleted workspace.
    /// </summary>
    /// <param name="session">A worker session.</param>
    /// <param name="person">Who.</param>
    /// <param name="workspace">Where; the personal workspace without one.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Membership?> FindAsync(
        Session session,
        Guid person,
        Guid? workspace,
        CancellationToken cancel
    )
    {
        var found = workspace is { } named
            ? await session.QueryAsync(
                $"""
                select {Columns} from accounts.people p
                join accounts.workspaces w on w.id = $2 and w.deleted_at is null
                left join accounts.members m on m.person_id = p.id and m.workspace_id = w.id
                where p.id = $1 and p.disabled_at is null and p.erased_at is null
                and (m.person_id is not null or p.platform_admin)
                """,
                Read,
                cancel,
                person,
                named
            )
            : await session.QueryAsync(
                $"""
                select {Columns} from accounts.people p
                join accounts.members m on m.person_id = p.id
                join accounts.workspaces w on w.id = m.workspace_id and w.kind = 'personal'
                where p.id = $1 and p.disabled_at is null and p.erased_at is null
                """,
                Read,
                cancel,
                person
            );
        return found.SingleOrDefault();
    }

    private static Membership Read(NpgsqlDataReader row)
    {
        var isMember = !row.IsDBNull(2);
        var role = Role.Admin;
        if (isMember && !Roles.TryParse(row.GetString(2), out role))
            throw new InvalidDataException($"There is no role {row.GetString(2)}.");
        return new Membership(
            row.GetGuid(0),
            row.GetGuid(1),
            role,
            isMember ? row.GetGuid(3) : null,
            row.GetBoolean(4)
        );
    }
}
