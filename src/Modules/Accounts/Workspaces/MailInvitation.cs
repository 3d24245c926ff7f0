using Lectern.Accounts.Confirmations;
using Lectern.Eventing;

namespace Lectern.Accounts.Workspaces;

/// <summary>Mails an invitation to whom it is for.</summary>
/// <param name="Invitation">The invitation's id; address and name are looked up when it is mailed.</param>
internal sealed record MailInvitation(Guid Invitation);

internal sealed class MailInvitationHandler(ConfirmationTokens tokens, AccountMails mails)
    : IMessageHandler<MailInvitation>
{
    public async Task HandleAsync(MailInvitation message, MessageContext context, CancellationToken stop)
    {
        var open = await context.Session.QueryAsync(
            """
            select i.email, w.name from accounts.invitations i join accounts.workspaces w on w.id = i.workspace_id
            where i.id = $1 and i.expires_at > now()
            """,
            row => (Email: row.GetString(0), Workspace: row.GetString(1)),
            stop,
            message.Invitation
        );
        foreach (var (email, workspace) in open) // none when it was withdrawn or replaced in the meantime
            await mails.Invitation(email, workspace, tokens.Write(InvitationAcceptance.Purpose, message.Invitation), stop);
    }

    // The invitation stays open, and its admin sees it in the list; it can be made again.
    public Task GiveUpAsync(MailInvitation message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
