using Lectern.Accounts.Contracts;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.SignIn;

/// <summary>Exchanges an e-mail address and a password for tokens.</summary>
/// <param name="Email">As at sign-up, in any case.</param>
/// <param name="Password">As at sign-up.</param>
internal sealed record LogIn(string Email, string Password);

/// <summary>
/// <c>POST /auth/login</c>. An unknown address and a wrong password get the same answer after the same work, so that
/// nobody can find out who has an account. The shape of the values is not checked for the same reason.
/// </summary>
internal static class LogInEndpoint
{
    internal static readonly TokenAnswer Example = new(
        "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
        "Bearer",
        900,
        "lrt_b3Zlcl90aGVfaGlsbHNfYW5kX2Zhcl9hd2F5X19f"
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/login", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Log in")
            .AllowAnonymous()
            .LimitedAs<LogIn>(RateLimit.SignIn, command => EmailAddress.Normalize(command.Email))
            .WithExample(new LogIn("jane@example.com", "three tall ships"), Example)
            .WithProblems(AccountsProblems.WrongCredentials, AccountsProblems.SignInBusy);

    private static async Task<Results<Ok<TokenAnswer>, ProblemResult>> HandleAsync(
        LogIn command,
        EventStore store,
        PasswordHashing passwords,
        SignInSessions sessions,
        SecurityEvents events,
        HttpContext http,
        CancellationToken cancel
    )
    {
        await using var looking = store.OpenWorkerSession(SignInContext.Anonymous());
        var account = await FindAsync(looking, EmailAddress.Normalize(command.Email), cancel);
        var verdict = await passwords.VerifyAsync(account?.PasswordHash, command.Password, cancel);
        if (verdict == PasswordVerdict.Busy)
            return AccountsProblems.Busy().AsResult();
        if (
            verdict == PasswordVerdict.Wrong
            || await Membership.FindAsync(looking, account!.Person, null, cancel) is not { } member
        )
            return await RefuseAsync(store, events, account?.Person, http, cancel);

        await using var session = store.OpenWorkerSession(
            SignInContext.Of(member.Person) with
            {
                Workspace = member.Workspace,
            }
        );
        session.Execute("select accounts.hold_password($1, $2)", member.Person, account.PasswordHash);
        if (
            verdict == PasswordVerdict.RightButWeak
            && await passwords.HashAsync(command.Password, cancel) is { } stronger
        )
            session.Execute("update accounts.people set password_hash = $2 where id = $1", member.Person, stronger);
        var answer = sessions.Begin(session, member, SignInOrigin.Of(http, "password"));
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException changed) when (changed.Constraint == "password_is_the_checked_one")
        {
            return await RefuseAsync(store, events, member.Person, http, cancel);
        }

        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(answer);
    }

    private static async Task<ProblemResult> RefuseAsync(
        EventStore store,
        SecurityEvents events,
        Guid? person,
        HttpContext http,
        CancellationToken cancel
    )
    {
        var subject = person is { } known ? AccountIds.Person(known) : null;
        events.Record(SecurityEvent.SignInFailed, http, subject: subject);
        await using var session = store.OpenWorkerSession(SignInContext.Anonymous());
        AuditLog.Record(session, AuditLog.Platform, "sessions.refused", subject, address: SignInOrigin.AddressOf(http));
        await session.SaveChangesAsync(cancel);
        http.Response.Headers.WWWAuthenticate = "Bearer realm=\"lectern\""; // RFC 9110: every 401 has one
        return AccountsProblems.WrongCredentials.With("No account has both of them.").AsResult();
    }

    private static async Task<KnownAccount?> FindAsync(Session session, string email, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select id, password_hash from accounts.people where email_normalized = $1",
                row => new KnownAccount(row.GetGuid(0), row.IsDBNull(1) ? null : row.GetString(1)),
                cancel,
                email
            )
        ).SingleOrDefault();

    private sealed record KnownAccount(Guid Person, string? PasswordHash);
}
