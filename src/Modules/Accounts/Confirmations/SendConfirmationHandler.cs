using Lectern.Accounts.SignIn;
using Lectern.Eventing;

namespace Lectern.Accounts.Confirmations;

/// <summary>
/// Sends the mail of a confirmation. Here, out of sight of the request, is where it is looked up who has the address: a
/// new account's token goes to an address without one, a new password's to one with one.
/// </summary>
internal sealed class SendConfirmationHandler(AccountMails mails, ConfirmationTokens tokens)
    : IMessageHandler<SendConfirmation>
{
    public async Task HandleAsync(SendConfirmation message, MessageContext context, CancellationToken stop)
    {
        var session = context.Session;
        if (await PendingConfirmations.FindAsync(session, message.Confirmation, stop) is not { } asked)
            return; // used or expired by now, or there never was one
        var (to, token) = (asked.Email, tokens.Write(asked.Purpose, asked.Id));
        switch (asked.Purpose, await OwnerAsync(session, to, stop))
        {
            case (ConfirmationPurpose.SignUp, null):
                await mails.ConfirmSignUp(to, token, stop);
                return;
            case (ConfirmationPurpose.PasswordReset, { IsDisabled: false }):
                await mails.ResetPassword(to, token, stop);
                return;
            case (ConfirmationPurpose.EmailChange, var owner) when owner is null || owner.Person == asked.Person:
                await mails.ConfirmNewEmail(to, token, stop);
                return;
            case (ConfirmationPurpose.SignInSetup, { IsDisabled: false }):
                await mails.SetUpSignIn(to, token, stop);
                return;
            case (ConfirmationPurpose.SignUp or ConfirmationPurpose.EmailChange, { IsDisabled: false }):
                await mails.HasAccountAlready(to, stop);
                break;
        }

        // Its token goes to nobody, so nothing is to wait for it, a password's hash least of all.
        session.Execute("delete from accounts.confirmations where id = $1", asked.Id);
    }

    /// <summary>Nobody waits for an answer; who gets no mail asks again.</summary>
    public Task GiveUpAsync(
        SendConfirmation message,
        MessageContext context,
        Exception error,
        CancellationToken stop
    ) => Task.CompletedTask;

    private static async Task<Owner?> OwnerAsync(Session session, string email, CancellationToken stop) =>
        (
            await session.QueryAsync(
                "select id, disabled_at is not null from accounts.people where email_normalized = $1",
                row => new Owner(row.GetGuid(0), row.GetBoolean(1)),
                stop,
                EmailAddress.Normalize(email)
            )
        ).SingleOrDefault();

    private sealed record Owner(Guid Person, bool IsDisabled);
}
