using Lectern.Eventing;

namespace Lectern.Accounts.Confirmations;

/// <summary>Tell a person, at the address of their account, what was done to it.</summary>
/// <param name="Person">Whom.</param>
/// <param name="Notice">One of <see cref="Notices"/>.</param>
internal sealed record SendNotice(Guid Person, string Notice);

/// <summary>What people are told; stored names.</summary>
internal static class Notices
{
    public const string EmailChangeAsked = "email_change_asked";
    public const string PasswordChanged = "password_changed";
}

/// <summary>Sends a notice to the address that the account has now.</summary>
internal sealed class SendNoticeHandler(AccountMails mails) : IMessageHandler<SendNotice>
{
    public async Task HandleAsync(SendNotice message, MessageContext context, CancellationToken stop)
    {
        var found = await context.Session.QueryAsync(
            "select email from accounts.people where id = $1 and erased_at is null",
            row => row.GetString(0),
            stop,
            message.Person
        );
        if (found is not [var email])
            return;
        await (
            message.Notice switch
            {
                Notices.EmailChangeAsked => mails.EmailChangeAsked(email, stop),
                Notices.PasswordChanged => mails.PasswordChanged(email, stop),
                _ => throw new GiveUpException($"There is no notice {message.Notice}."),
            }
        );
    }

    /// <summary>The letter can be replayed.</summary>
    public Task GiveUpAsync(SendNotice message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
