namespace Lectern.Accounts.Privacy;

/// <summary>
/// Where this module keeps personal data, as the statements that erase it; $1 is the person or the workspace. They run
/// together, and running them again does no harm. A test knows every column of every table and asks for a decision about
/// each new one: personal columns are erased by a statement here.
/// </summary>
internal static class PersonalRows
{
    /// <summary>About a person, in whatever workspace.</summary>
    public static IReadOnlyList<string> OfPerson { get; } =
    [
        "delete from accounts.sessions where person_id = $1", // refresh tokens go with them
        "delete from accounts.avatars where person_id = $1",
        "delete from accounts.external_identities where person_id = $1",
        """
            with gone as (delete from accounts.api_keys where person_id = $1 returning id)
            insert into accounts.revocations (subject) select id from gone
            on conflict (subject) do update set at = now()
            """,
        "delete from accounts.preferences where level = 'person' and owner_id = $1",
        """
            delete from accounts.confirmations
            where person_id = $1 or email_normalized = (select email_normalized from accounts.people where id = $1)
            """,
        """
            delete from accounts.invitations
            where email_normalized = (select email_normalized from accounts.people where id = $1)
            """,
    ];

    /// <summary>Of a deleted workspace.</summary>
    public static IReadOnlyList<string> OfWorkspace { get; } =
    [
        """
            insert into accounts.revocations (subject)
            select stamp from accounts.members where workspace_id = $1 on conflict do nothing
            """,
        """
            with gone as (delete from accounts.api_keys where workspace_id = $1 returning id)
            insert into accounts.revocations (subject) select id from gone
            on conflict (subject) do update set at = now()
            """,
        "delete from accounts.preferences where level = 'workspace' and owner_id = $1",
        "delete from accounts.invitations where workspace_id = $1",
        "update accounts.workspaces set name = null where id = $1 and name is not null",
        "update accounts.audit_log set address = null where workspace_id = $1 and address is not null",
    ];

    /// <summary>The last of all, in the unit of work that says that the person is erased; $1 is the person.</summary>
    public static IReadOnlyList<string> AtTheEnd { get; } =
    [
        "delete from accounts.members where person_id = $1",
        """
            update accounts.people
            set email = null, email_normalized = null, password_hash = null, name = null, email_verified_at = null,
                platform_admin = false, erased_at = now()
            where id = $1
            """,
    ];
}
