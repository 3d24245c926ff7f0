using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Webhooks;

/// <summary>Stop telling an endpoint that is gone or fails for days.</summary>
/// <param name="Webhook">Which.</param>
/// <param name="Reason">One of <see cref="DisabledReasons"/>.</param>
internal sealed record DisableWebhook(Guid Webhook, string Reason);

/// <summary>What it takes to stop telling an endpoint.</summary>
internal static class WebhookDisabling
{
    public static void Add(Session session, StreamForWriting<Webhook> stream, string reason, HttpContext? http = null)
    {
        stream.Append(new WebhookDisabled(reason));
        session.Execute(
            """
            update activity.webhooks
            set disabled_at = now(), disabled_reason = $2, version = $3, changed_at = now() where id = $1
            """,
            stream.Id,
            reason,
            stream.Version
        );
        session.Enqueue(new EndDeliveries(stream.Id));
        WebhookAudit.Record(session, "disabled", stream.Id, http);
    }
}

/// <summary>Disables once, however many deliveries found out at the same time, and has the admins told.</summary>
internal sealed class DisableWebhookHandler(IOptions<WebhookSettings> settings) : IMessageHandler<DisableWebhook>
{
    public async Task HandleAsync(DisableWebhook message, MessageContext context, CancellationToken stop)
    {
        var session = context.Session;
        if (
            await session.FetchForWriting<Webhook>(message.Webhook, stop)
            is not { State: { IsDisabled: false, IsDeleted: false } } stream
        )
            return;
        if (message.Reason == DisabledReasons.Failing && !await FailsAsync(session, message.Webhook, stop))
            return; // something was delivered since, or somebody enabled it
        WebhookDisabling.Add(session, stream, message.Reason);
        foreach (var admin in await WorkspaceAdmins.ListAsync(session, stop))
            session.Enqueue(new TellOfDisabledWebhook(admin, message.Webhook, message.Reason));
    }

    /// <summary>The next failure asks for it again.</summary>
    public Task GiveUpAsync(DisableWebhook message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;

    private async Task<bool> FailsAsync(Session session, Guid webhook, CancellationToken stop) =>
        (
            await session.QueryAsync(
                "select 1 from activity.webhooks where id = $1 and failing_since <= now() - $2::interval",
                row => row.GetInt32(0),
                stop,
                webhook,
                settings.Value.DisableAfter
            )
        ).Count > 0;
}
