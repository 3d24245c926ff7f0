using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Microsoft.AspNetCore.Http;

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
        EndPending(session, stream.Id, "disabled");
        WebhookAudit.Record(session, "disabled", stream.Id, http);
    }

    /// <summary>What waits for it ends; what is just being sent is written down when it is over.</summary>
    public static void EndPending(Session session, Guid webhook, string status)
    {
        session.DropWaiting(webhook);
        session.Execute(
            """
            update activity.webhook_deliveries set status = $2, ended_at = now()
            where webhook_id = $1 and status = 'pending'
            """,
            webhook,
            status
        );
    }
}

/// <summary>Disables once, however many deliveries found out at the same time, and has the admins told.</summary>
internal sealed class DisableWebhookHandler : IMessageHandler<DisableWebhook>
{
    public async Task HandleAsync(DisableWebhook message, MessageContext context, CancellationToken stop)
    {
        var session = context.Session;
        if (
            await session.FetchForWriting<Webhook>(message.Webhook, stop)
            is not { State: { IsDisabled: false, IsDeleted: false } } stream
        )
            return;
        WebhookDisabling.Add(session, stream, message.Reason);
        foreach (var admin in await WorkspaceAdmins.ListAsync(session, stop))
            session.Enqueue(new TellOfDisabledWebhook(admin, message.Webhook, message.Reason));
    }

    /// <summary>The next failure asks for it again.</summary>
    public Task GiveUpAsync(DisableWebhook message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
