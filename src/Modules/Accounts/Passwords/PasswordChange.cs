using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;

namespace Lectern.Accounts.Passwords;

/// <summary>What belongs to every change of a password.</summary>
internal static class PasswordChange
{
    /// <summary>
    /// Adds the new password to a unit of work, with the end of all that the old one was good for: sessions, and changes
    /// that somebody asked for who knew it. Call <see cref="SignInSessions.EndedAsync"/> after the commit.
    /// </summary>
    /// <param name="session">A worker session.</param>
    /// <param name="person">Whose.</param>
    /// <param name="hash">The new password's.</param>
    /// <param name="reason">A stable code for the audit log and the sessions.</param>
    /// <param name="keep">The session that stays: the one that the change was asked in.</param>
    public static void Apply(Session session, Guid person, string hash, string reason, Guid? keep = null)
    {
        // First: a log-in with the old password that is under way waits for this row, or is waited for (hold_password).
        session.Execute("update accounts.people set password_hash = $2 where id = $1", person, hash);
        session.Execute(
            """
            delete from accounts.confirmations where person_id = $1
            or (purpose = $2 and email_normalized = (select email_normalized from accounts.people where id = $1))
            """,
            person,
            ConfirmationPurpose.PasswordReset
        );
        session.Enqueue(new SendNotice(person, Notices.PasswordChanged));
        SignInSessions.End(session, person, null, reason, keep);
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "password.changed",
            AccountIds.Person(person),
            new() { ["reason"] = reason }
        );
    }
}
