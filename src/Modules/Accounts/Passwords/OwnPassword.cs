using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Lectern.Accounts.Passwords;

/// <summary>
/// Asks somebody who is signed in for the password again, before what a stolen access token must not be enough for.
/// </summary>
internal sealed class OwnPassword(
    EventStore store,
    PasswordHashing passwords,
    IRateLimits limits,
    SecurityEvents events
)
{
    /// <summary>Why not, or null if it is the caller's password.</summary>
    public async Task<Problem?> RefusalAsync(Caller caller, string password, HttpContext http, CancellationToken cancel)
    {
        await using var session = store.OpenWorkerSession(caller);
        var found = await session.QueryAsync(
            "select email_normalized, password_hash from accounts.people where id = $1 and erased_at is null",
            row => (Email: row.GetString(0), Hash: row.IsDBNull(1) ? null : row.GetString(1)),
            cancel,
            caller.Person
        );
        if (found is not [var (email, hash)])
            return CommonProblems.NotFound.With("The account is gone.");
        // A guess here counts as one at the log-in does.
        if (limits.Take(http, RateLimit.SignIn, email) is { } tooMany)
            return tooMany;
        var verdict = await passwords.VerifyAsync(hash, password, cancel);
        if (verdict != PasswordVerdict.Wrong)
        {
            limits.GiveBack(http, RateLimit.SignIn, email);
            return verdict == PasswordVerdict.Busy ? AccountsProblems.Busy() : null;
        }

        events.Record(SecurityEvent.PasswordRefused, http);
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
