using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.AspNetCore.Http;

namespace Lectern.Accounts.Passwords;

/// <summary>
/// Asks somebody who is signed in for the password again, before what a stolen access token must not be enough for.
/// </summary>
internal sealed class OwnPassword(EventStore store, PasswordHashing passwords)
{
    /// <summary>Why not, or null if it is the caller's password.</summary>
    public async Task<Problem?> RefusalAsync(
        Caller caller,
        string password,
        HttpContext http,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        var found = await session.QueryAsync(
            "select password_hash from accounts.people where id = $1",
            row => row.IsDBNull(0) ? null : row.GetString(0),
            cancel,
            caller.Person
        );
        var verdict = await passwords.VerifyAsync(found.SingleOrDefault(), password, cancel);
        if (verdict is PasswordVerdict.Right or PasswordVerdict.RightButWeak)
            return null;
        if (verdict == PasswordVerdict.Busy)
            return AccountsProblems.Busy();
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "password.refused",
            AccountIds.Person(caller.Person),
            address: SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
        return AccountsProblems.WrongPassword.With("It is not the password of your account.");
    }
}
