using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;

namespace Lectern.Accounts.People;

/// <summary>What is known of a person who gets an account.</summary>
/// <param name="Email">Unique whatever its case; <see cref="NewAccounts.IsTaken"/> tells when it wasn't.</param>
/// <param name="Name">What to call the person.</param>
/// <param name="PasswordHash">Null for who signs in in another way, or has yet to choose one.</param>
/// <param name="IsVerified">Whether the address is known to be the person's.</param>
internal sealed record NewAccount(string Email, string? Name, string? PasswordHash, bool IsVerified);

/// <summary>Makes accounts: a person with a personal workspace, and whatever other modules do then.</summary>
internal sealed class NewAccounts(EventStore store, IEnumerable<IWhenAccountRegistered> reactions)
{
    /// <summary>
    /// A worker session for a new account, with the account added to it; save it. It fails with a violated constraint
    /// when the address is taken.
    /// </summary>
    /// <param name="account">What is known.</param>
    /// <param name="actor">Who makes it, as events name actors; the person without it.</param>
    public (Session Session, Membership Member) Open(NewAccount account, string? actor = null)
    {
        var registered = new AccountRegistered(store.NewId(), store.NewId());
        var (person, workspace) = registered;
        var member = new Membership(person, workspace, Role.Admin, store.NewId(), IsPlatformAdmin: false);
        var session = store.OpenWorkerSession(
            new SessionContext(workspace, actor ?? CallerSessions.ActorOf(person), CallerSessions.RequestCorrelation())
        );
        session.Execute(
            """
            insert into accounts.people (id, email, email_normalized, password_hash, name, email_verified_at)
            values ($1, $2, $3, $4, $5, case when $6 then now() end)
            """,
            person,
            account.Email,
            EmailAddress.Normalize(account.Email),
            Typed.Text(account.PasswordHash),
            Typed.Text(account.Name),
            account.IsVerified
        );
        session.Execute("insert into accounts.workspaces (id, kind) values ($1, 'personal')", workspace);
        session.Execute(
            "insert into accounts.members (workspace_id, person_id, role, stamp) values ($1, $2, $3, $4)",
            workspace,
            person,
            member.Role.Name(),
            member.Stamp
        );
        session.StartStream<Account>(person, registered);
        foreach (var reaction in reactions)
            reaction.Apply(session, registered);
        return (session, member);
    }

    /// <summary>Whether saving failed because somebody has the address.</summary>
    public static bool IsTaken(ConstraintViolatedException violated) => violated.Constraint == "people_email";
}
