using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Passwords;

/// <summary>Chooses a new password, or the first one of an account that an administrator made.</summary>
/// <param name="Token">From the mail; good once.</param>
/// <param name="Password">8 characters or more.</param>
internal sealed record ResetPassword(string Token, string Password);

/// <summary>
/// <c>POST /auth/password/reset</c>. Whoever was signed in is signed out, and logs in with the new password. The address
/// is confirmed by it, too, for the token came there.
/// </summary>
internal static class ResetPasswordEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/password/reset", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Choose a new password with a token from a mail")
            .AllowAnonymous()
            .LimitedAs(RateLimit.SignIn)
            .WithExample(new ResetPassword("AYsM0xT2fzuXm0hK…", "three taller ships"))
            .WithProblems(
                CommonProblems.InvalidValues,
                AccountsProblems.ConfirmationInvalid,
                AccountsProblems.SignInBusy
            );

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        ResetPassword command,
        EventStore store,
        ConfirmationTokens tokens,
        PasswordHashing passwords,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        if (PasswordRules.Fault(command.Password) is { } fault)
            return CommonProblems
                .InvalidValues.With("This can't be the password.", new FieldError("/password", fault))
                .AsResult();
        await using var looking = store.OpenWorkerSession(SignInContext.Anonymous());
        string[] purposes = [ConfirmationPurpose.PasswordReset, ConfirmationPurpose.SignInSetup];
        var asked = await PendingConfirmations.FindAsync(looking, tokens, command.Token, purposes, cancel);
        if (asked is null || await PersonAsync(looking, asked, cancel) is not { } person)
            return AccountsProblems.Unconfirmed().AsResult();
        if (await passwords.HashAsync(command.Password, cancel) is not { } hash)
            return AccountsProblems.Busy().AsResult();

        await using var session = store.OpenWorkerSession(SignInContext.Of(person));
        PendingConfirmations.Use(session, asked.Id);
        session.Execute(
            """
            update accounts.people set email_verified_at = coalesce(email_verified_at, now())
            where id = $1 and email_normalized = $2
            """,
            person,
            EmailAddress.Normalize(asked.Email)
        );
        PasswordChange.Apply(session, person, hash, "password_reset");
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException used) when (PendingConfirmations.IsUsed(used))
        {
            return AccountsProblems.Unconfirmed().AsResult();
        }

        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }

    // Whoever reads an address's mail may choose the password of the account that has the address now.
    private static async Task<Guid?> PersonAsync(Session session, Confirmation asked, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            "select id from accounts.people where email_normalized = $1 and disabled_at is null",
            row => row.GetGuid(0),
            cancel,
            EmailAddress.Normalize(asked.Email)
        );
        return found is [var person] && (asked.Person is null || asked.Person == person) ? person : null;
    }
}
