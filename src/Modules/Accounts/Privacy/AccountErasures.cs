using Lectern.Accounts.Administration;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Accounts.Privacy;

/// <summary>
/// Begins the erasure of an account. From its commit on nobody is signed in to it, it is no member of a shared workspace,
/// and it can't be signed in to; a durable message does the rest.
/// </summary>
internal sealed class AccountErasures(EventStore store, SignInSessions sessions)
{
    private const string WorkspaceHasAnAdmin = "workspace_has_an_admin";

    /// <summary>Begins it; that it has begun before is fine.</summary>
    /// <param name="person">Whose account.</param>
    /// <param name="by">Who wishes it: the person, or an administrator of the platform.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Why not, or null.</returns>
    public async Task<Problem?> BeginAsync(Guid person, Guid by, CancellationToken cancel)
    {
        await using var reading = Open(Guid.Empty, by);
        var found = await reading.QueryAsync(
            """
            select w.id, p.erasing_at is not null from accounts.people p
            join accounts.members m on m.person_id = p.id
            join accounts.workspaces w on w.id = m.workspace_id and w.kind = 'personal'
            where p.id = $1 and p.erased_at is null
            """,
            row => (Workspace: row.GetGuid(0), HasBegun: row.GetBoolean(1)),
            cancel,
            person
        );
        if (found is not [var (personal, hasBegun)])
            return CommonProblems.NotFound.With("There is no such account.");
        if (hasBegun)
            return null;

        await using var session = Open(personal, by);
        session.Execute("select accounts.begin_erasure($1)", person);
        session.Enqueue(new ErasePerson(person));
        foreach (var shared in await SharedAsync(reading, person, onlyStranded: false, cancel))
            AuditLog.Record(
                session,
                shared,
                "members.left",
                AccountIds.Person(person),
                new() { ["reason"] = "erased" }
            );
        SignInSessions.End(session, person, null, "account_erased");
        AuditLog.Record(session, AuditLog.Platform, "people.erasure_began", AccountIds.Person(person));
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException last) when (last.Constraint == PersonChanges.LastPlatformAdmin)
        {
            return AccountsProblems.LastPlatformAdmin.With("Without this account there would be none.");
        }
        catch (ConstraintViolatedException last) when (last.Constraint == WorkspaceHasAnAdmin)
        {
            var stranded = await SharedAsync(reading, person, onlyStranded: true, cancel);
            return AccountsProblems.LastAdmin.With(
                "Without this account some workspaces would have members but no admin."
            ) with
            {
                Extensions = new Dictionary<string, object?>
                {
                    ["workspaces"] = stranded.Select(AccountIds.Workspace).ToList(),
                },
            };
        }

        await sessions.EndedAsync(cancel);
        return null;
    }

    /// <summary>The shared workspaces where others stay behind, in the order in which their chains are locked.</summary>
    private static Task<List<Guid>> SharedAsync(
        Session reading,
        Guid person,
        bool onlyStranded,
        CancellationToken cancel
    ) =>
        reading.QueryAsync(
            """
            select m.workspace_id from accounts.members m
            join accounts.workspaces w on w.id = m.workspace_id and w.kind = 'shared' and w.deleted_at is null
            where m.person_id = $1
              and exists (select from accounts.members o where o.workspace_id = w.id and o.person_id <> $1)
              and (not $2 or not exists (select from accounts.members o
                                         where o.workspace_id = w.id and o.person_id <> $1 and o.role = 'admin'))
            order by m.workspace_id
            """,
            row => row.GetGuid(0),
            cancel,
            person,
            onlyStranded
        );

    private Session Open(Guid workspace, Guid by) =>
        store.OpenWorkerSession(
            new SessionContext(workspace, CallerSessions.ActorOf(by), CallerSessions.RequestCorrelation())
        );
}
