using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.SignIn;

/// <summary>Asks for another e-mail address, or for one's own to be confirmed.</summary>
/// <param name="Email">At most 254 characters.</param>
/// <param name="Password">The account's.</param>
internal sealed record ChangeEmail(string Email, string Password);

/// <summary>
/// <c>POST /me/email</c>. The address changes when the token that goes to it comes back at <c>POST /auth/email/verify</c>;
/// the old one is told at once. Whether another account has the address is not told.
/// </summary>
internal static class ChangeEmailEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/me/email", HandleAsync)
            .WithTags("me")
            .WithSummary("Change or confirm my e-mail address")
            .ForThePerson()
            .LimitedAs(RateLimit.SignIn)
            .LimitedAs<ChangeEmail>(RateLimit.Mail, command => EmailAddress.Normalize(command.Email))
            .WithExample(new ChangeEmail("jane@example.org", "three tall ships"), MailSent.Answer)
            .WithProblems(CommonProblems.InvalidValues, AccountsProblems.WrongPassword, AccountsProblems.SignInBusy);

    private static async Task<Results<Accepted<MailSent>, ProblemResult>> HandleAsync(
        ChangeEmail command,
        Caller caller,
        EventStore store,
        OwnPassword own,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (EmailAddress.Fault(command.Email) is { } fault)
            return CommonProblems
                .InvalidValues.With("This can't be the address.", new FieldError("/email", fault))
                .AsResult();
        if (await own.RefusalAsync(caller, command.Password, http, cancel) is { } refusal)
            return refusal.AsResult();
        await using var session = store.OpenWorkerSession(caller);
        PendingConfirmations.Ask(
            session,
            new Confirmation(store.NewId(), ConfirmationPurpose.EmailChange, command.Email, caller.Person)
        );
        session.Enqueue(new SendNotice(caller.Person, Notices.EmailChangeAsked));
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "email.change_asked",
            AccountIds.Person(caller.Person),
            address: SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
        return MailSent.AsResult();
    }
}
