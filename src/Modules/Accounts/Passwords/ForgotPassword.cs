using Lectern.Accounts.Confirmations;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Passwords;

/// <summary>Asks for a mail with which a new password can be chosen.</summary>
/// <param name="Email">The account's address, in any case.</param>
internal sealed record ForgotPassword(string Email);

/// <summary><c>POST /auth/password/forgot</c>. The answer, and the work, are the same whether the address has an account.</summary>
internal static class ForgotPasswordEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/password/forgot", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Mail a token for a new password")
            .AllowAnonymous()
            .LimitedAs<ForgotPassword>(RateLimit.Mail, command => EmailAddress.Normalize(command.Email))
            .WithExample(new ForgotPassword("jane@example.com"), MailSent.Answer)
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Accepted<MailSent>, ProblemResult>> HandleAsync(
        ForgotPassword command,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (EmailAddress.Fault(command.Email) is { } fault)
            return CommonProblems
                .InvalidValues.With("No mail can go there.", new FieldError("/email", fault))
                .AsResult();
        await using var session = store.OpenWorkerSession(SignInContext.Anonymous());
        PendingConfirmations.Ask(
            session,
            new Confirmation(store.NewId(), ConfirmationPurpose.PasswordReset, command.Email)
        );
        await session.SaveChangesAsync(cancel);
        return MailSent.AsResult();
    }
}
