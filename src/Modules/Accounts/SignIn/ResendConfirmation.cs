using Lectern.Accounts.Confirmations;
using Lectern.Eventing;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.SignIn;

/// <summary>Asks for the mail of the last sign-up with this address again.</summary>
/// <param name="Email">As at sign-up, in any case.</param>
internal sealed record ResendConfirmation(string Email);

/// <summary><c>POST /auth/email/resend</c>. An address that nobody signed up with gets the same answer, after the same work.</summary>
internal static class ResendConfirmationEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/email/resend", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Mail the confirmation of a sign-up again")
            .AllowAnonymous()
            .LimitedAs<ResendConfirmation>(RateLimit.Mail, command => EmailAddress.Normalize(command.Email))
            .WithExample(new ResendConfirmation("jane@example.com"), MailSent.Answer);

    private static async Task<Accepted<MailSent>> HandleAsync(
        ResendConfirmation command,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(SignInContext.Anonymous());
        var last = await session.QueryAsync(
            """
            select id from accounts.confirmations where email_normalized = $1 and purpose = $2 and expires_at > now()
            order by created_at desc limit 1
            """,
            row => row.GetGuid(0),
            cancel,
            EmailAddress.Normalize(command.Email),
            ConfirmationPurpose.SignUp
        );
        // The handler of a confirmation that isn't there sends nothing.
        session.Enqueue(new SendConfirmation(last is [var id] ? id : store.NewId()));
        await session.SaveChangesAsync(cancel);
        return MailSent.AsResult();
    }
}
