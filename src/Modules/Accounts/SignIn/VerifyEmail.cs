using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.People;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.SignIn;

/// <summary>Confirms an e-mail address: of a new account, or the new one of an account.</summary>
/// <param name="Token">From the mail; good once.</param>
internal sealed record VerifyEmail(string Token);

/// <summary><c>POST /auth/email/verify</c>.</summary>
internal static class VerifyEmailEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/email/verify", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Confirm an e-mail address; makes the account that it was for, or changes its address")
            .AllowAnonymous()
            .LimitedAs(RateLimit.SignIn)
            .WithExample(new VerifyEmail("AYsM0xT2fzuXm0hK…"), SignedUp.Example)
            .WithProblems(
                AccountsProblems.ConfirmationInvalid,
                AccountsProblems.EmailTaken,
                AccountsProblems.RegistrationClosed,
                AccountsProblems.InvitationNeeded
            );

    private static async Task<Results<Created<SignedUp>, NoContent, ProblemResult>> HandleAsync(
        VerifyEmail command,
        EventStore store,
        ConfirmationTokens tokens,
        NewAccounts accounts,
        SignInSessions sessions,
        IOptions<AccountsSettings> settings,
        HttpContext http,
        CancellationToken cancel
    )
    {
        await using var looking = store.OpenWorkerSession(SignInContext.Anonymous());
        string[] purposes = [ConfirmationPurpose.SignUp, ConfirmationPurpose.EmailChange];
        var asked = await PendingConfirmations.FindAsync(looking, tokens, command.Token, purposes, cancel);
        if (asked is null)
            return AccountsProblems.Unconfirmed().AsResult();
        try
        {
            if (asked.Person is { } person)
                return await ChangeAddressAsync(asked, person, store, http, cancel);

            if (settings.Value.RefuseRegistration(isInvited: false) is { } closed) // since it was asked for
                return closed.AsResult();
            var account = new NewAccount(asked.Email, asked.Name, asked.PasswordHash, IsVerified: true);
            var (session, member) = accounts.Open(account);
            await using var saved = session;
            PendingConfirmations.Use(session, asked.Id);
            session.Execute(
                "delete from accounts.confirmations where email_normalized = $1 and purpose = $2",
                EmailAddress.Normalize(asked.Email),
                ConfirmationPurpose.SignUp
            );
            var answer = sessions.Begin(session, member, SignInOrigin.Of(http, "confirmation"));
            await session.SaveChangesAsync(cancel);
            return SignedUp.AsResult(http, member, asked.Email, asked.Name, answer);
        }
        catch (ConstraintViolatedException used) when (PendingConfirmations.IsUsed(used))
        {
            return AccountsProblems.Unconfirmed().AsResult();
        }
        catch (ConstraintViolatedException taken) when (NewAccounts.IsTaken(taken))
        {
            return AccountsProblems.Taken().AsResult(); // told to nobody but who reads this address's mail
        }
    }

    private static async Task<Results<Created<SignedUp>, NoContent, ProblemResult>> ChangeAddressAsync(
        Confirmation asked,
        Guid person,
        EventStore store,
        HttpContext http,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(SignInContext.Of(person));
        if (await Membership.FindAsync(session, person, null, cancel) is null)
            return AccountsProblems.Unconfirmed().AsResult();
        PendingConfirmations.Use(session, asked.Id);
        session.Execute(
            """
            update accounts.people set email = $2, email_normalized = $3, email_verified_at = now()
            where id = $1 and erased_at is null
            """,
            person,
            asked.Email,
            EmailAddress.Normalize(asked.Email)
        );
        session.Execute(
            "delete from accounts.confirmations where person_id = $1 and purpose = $2",
            person,
            ConfirmationPurpose.EmailChange
        );
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "email.changed",
            AccountIds.Person(person),
            address: SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }
}
