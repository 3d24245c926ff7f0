using Lectern.Accounts.Passwords;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.SignIn;

/// <summary>Exchanges an e-mail address and a password for an access token.</summary>
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
        900
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/login", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Log in")
            .AllowAnonymous()
            .WithExample(new LogIn("jane@example.com", "three tall ships"), Example)
            .WithProblems(AccountsProblems.WrongCredentials, AccountsProblems.SignInBusy);

    private static async Task<Results<Ok<TokenAnswer>, ProblemResult>> HandleAsync(
        LogIn command,
        EventStore store,
        PasswordHashing passwords,
        AccessTokens tokens,
        HttpResponse response,
        CancellationToken cancel
    )
    {
        var account = await FindAsync(store, EmailAddress.Normalize(command.Email), cancel);
        switch (await passwords.VerifyAsync(account?.PasswordHash, command.Password, cancel))
        {
            case PasswordVerdict.Right:
                return TypedResults.Ok(tokens.Issue(account!.Caller));
            case PasswordVerdict.Busy:
                return AccountsProblems.Busy().AsResult();
            default:
                response.Headers.WWWAuthenticate = "Bearer realm=\"lectern\""; // RFC 9110: every 401 has one
                return AccountsProblems.WrongCredentials.With("No account has both of them.").AsResult();
        }
    }

    private static async Task<KnownAccount?> FindAsync(EventStore store, string email, CancellationToken cancel)
    {
        // Nobody is known yet, so no workspace is; nothing is written.
        await using var session = store.OpenWorkerSession(
            new SessionContext(Guid.Empty, "system", CallerSessions.RequestCorrelation())
        );
        var found = await session.QueryAsync(
            """
            select p.id, w.id, p.password_hash
            from accounts.people p
            join accounts.members m on m.person_id = p.id
            join accounts.workspaces w on w.id = m.workspace_id and w.kind = 'personal'
            where p.email_normalized = $1
            """,
            row => new KnownAccount(new Caller(row.GetGuid(0), row.GetGuid(1)), row.GetString(2)),
            cancel,
            email
        );
        return found.SingleOrDefault();
    }

    private sealed record KnownAccount(Caller Caller, string PasswordHash);
}
