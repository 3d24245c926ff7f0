using Lectern.Eventing;

namespace Lectern.Activity.Webhooks;

/// <summary>End what waits for a webhook that is disabled or deleted.</summary>
/// <param name="Webhook">Which.</param>
internal sealed record EndDeliveries(Guid Webhook);

/// <summary>
/// Ends some at a time, for behind an endpoint that was dead for days hundreds of thousands may wait. Whatever comes up
/// meanwhile ends by itself, and what is just being sent is written down when it is over.
/// </summary>
internal sealed class EndDeliveriesHandler : IMessageHandler<EndDeliveries>
{
    internal const int AtOnce = 5_000;

    public async Task HandleAsync(EndDeliveries message, MessageContext context, CancellationToken stop)
    {
        // Who enables it meanwhile waits for this, and what is left then is tried again.
        var session = context.Session;
        if (
            await session.FetchForExclusiveWriting<Webhook>(message.Webhook, stop)
            is not { State: { IsDisabled: true } or { IsDeleted: true } } stream
        )
            return;
        var pending = await session.QueryAsync(
            "select id from activity.webhook_deliveries where webhook_id = $1 and status = 'pending' limit $2",
            row => row.GetGuid(0),
            stop,
            message.Webhook,
            AtOnce
        );
        // The messages go with the last deliveries, and before them: one that is just being added with its delivery is
        // seen by both statements, or by the second only, and then it comes up and finds that its delivery has ended.
        var isLast = pending.Count < AtOnce;
        if (isLast)
            session.DropWaiting(message.Webhook);
        else
            session.Enqueue(message);
        session.Execute(
            """
            update activity.webhook_deliveries set status = $2, ended_at = now()
            where id in (select id from activity.webhook_deliveries where webhook_id = $1 and status = 'pending' limit $3)
            and status = 'pending'
            """,
            message.Webhook,
            stream.State.IsDeleted ? "deleted" : "disabled",
            Typed.Int(isLast ? null : AtOnce)
        );
    }

    /// <summary>Each ends by itself, when its next try comes up.</summary>
    public Task GiveUpAsync(EndDeliveries message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
