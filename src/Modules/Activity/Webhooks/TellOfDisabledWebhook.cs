using System.Net;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Mail;

namespace Lectern.Activity.Webhooks;

/// <summary>Tell an admin that a webhook was disabled.</summary>
/// <param name="Person">Whom.</param>
/// <param name="Webhook">Which.</param>
/// <param name="Reason">Why: one of <see cref="DisabledReasons"/>.</param>
internal sealed record TellOfDisabledWebhook(Guid Person, Guid Webhook, string Reason);

/// <summary>Writes the mail. It names the webhook by its id: its URL may be a secret.</summary>
internal sealed class TellOfDisabledWebhookHandler(IMailer mailer, PublicAddress address)
    : IMessageHandler<TellOfDisabledWebhook>
{
    public async Task HandleAsync(TellOfDisabledWebhook message, MessageContext context, CancellationToken stop)
    {
        if (await WorkspaceAdmins.FindAddressAsync(context.Session, message.Person, stop) is not { } to)
            return; // no admin any more
        var id = PublicId.Format(WebhookView.Prefix, message.Webhook);
        var why =
            message.Reason == DisabledReasons.Gone
                ? "its endpoint answered 410 Gone, which says that it wants nothing more"
                : "nothing could be delivered to its endpoint for days";
        string[] paragraphs =
        [
            $"The webhook {id} was disabled: {why}. It is told of nothing until you enable it.",
            $"What came of each try: GET {address.Url}/api/v1/webhooks/{id}/deliveries",
            $"When the endpoint is mended: POST {address.Url}/api/v1/webhooks/{id}/enable, and then .../replay?since=... for what it missed.",
        ];
        var html = string.Concat(paragraphs.Select(text => $"<p>{WebUtility.HtmlEncode(text)}</p>"));
        await mailer.SendAsync(
            new Mail(
                to,
                "A webhook was disabled",
                string.Join("\n\n", paragraphs) + "\n",
                $"<!DOCTYPE html><html lang=\"en\"><body>{html}</body></html>",
                PublicId.Format("message", context.Id)
            ),
            stop
        );
    }

    /// <summary>The letter can be replayed.</summary>
    public Task GiveUpAsync(
        TellOfDisabledWebhook message,
        MessageContext context,
        Exception error,
        CancellationToken stop
    ) => Task.CompletedTask;
}
