using System.Diagnostics.Metrics;
using Lectern.Accounts.Contracts;
using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Webhooks;

/// <summary>Try to deliver.</summary>
/// <param name="Delivery">What.</param>
/// <param name="Attempts">How many tries there were before; it comes too late when there were more.</param>
internal sealed record DeliverWebhook(Guid Delivery, int Attempts);

/// <summary>
/// Tries once, and writes down what came of it together with the next try. If the host dies in between, nobody knows
/// whether the endpoint got it: it is sent again under the same id.
/// </summary>
internal sealed class DeliverWebhookHandler(
    WebhookSender sender,
    EndpointPlaces places,
    WorkspacePlaces shares,
    WorkspaceSecrets secrets,
    IOptions<WebhookSettings> settings
) : IMessageHandler<DeliverWebhook>
{
    /// <summary>Failures are ours here and not the endpoint's: the host or the database went away. Then it comes again.</summary>
    public const int MaxAttempts = 1_000;

    private static readonly TimeSpan WhileRotating = TimeSpan.FromSeconds(1);

    private static readonly Meter Meter = new("Lectern.Activity");
    private static readonly Counter<long> Tries = Meter.CreateCounter<long>(
        "lectern.webhooks.tries",
        description: "Tries to deliver to a webhook, by outcome."
    );

    /// <summary>The counter is on the metrics page from the start, and not from the first delivery on.</summary>
    public static void Begin() => _ = Tries.Enabled;

    public async Task HandleAsync(DeliverWebhook message, MessageContext context, CancellationToken stop)
    {
        var (place, wait) = await places.EnterAsync(context.Group!.Value, stop);
        using var taken = place;
        if (place is null)
        {
            context.Postpone(wait);
            return;
        }

        var (share, later) = await shares.Places.EnterAsync(context.Session.Context.Workspace, stop);
        using var shared = share;
        if (share is null)
        {
            context.Postpone(later);
            return;
        }

        if (await PendingDelivery.FindAsync(context.Session, message, settings.Value.DisableAfter, stop) is not { } due)
            return; // it has ended, or was tried since
        if (due.EndsAs is { } end)
        {
            PendingDelivery.End(context.Session, message.Delivery, end);
            return;
        }

        var keys = await secrets.OpenAsync(context.Session, WebhookSecret.Purpose, due.Secrets, stop);
        if (keys.ContainsKey(due.Secrets[0]))
        {
            place.Trying();
            share.Trying();
            await TryAsync(due, [.. due.Secrets.Where(keys.ContainsKey).Select(id => keys[id])], context, stop);
        }
        else if (await WorkspaceSecrets.HasAnyAsync(context.Session, stop))
            context.Postpone(WhileRotating); // twice since it was looked at which secret signs
        else // the workspace is gone, and its vault first
            PendingDelivery.End(context.Session, message.Delivery, "deleted");
    }

    /// <summary>Nothing more is tried; it can be replayed when what broke is mended.</summary>
    public Task GiveUpAsync(DeliverWebhook message, MessageContext context, Exception error, CancellationToken stop)
    {
        PendingDelivery.End(context.Session, message.Delivery, "exhausted");
        return Task.CompletedTask;
    }

    private async Task TryAsync(
        PendingDelivery due,
        IReadOnlyList<byte[]> keys,
        MessageContext context,
        CancellationToken stop
    )
    {
        var session = context.Session;
        var body = await BodyAsync(session, due, stop);
        var id = PublicId.Format(PublicEvents.Prefix, due.Event);
        var attempt = await sender.SendAsync(due.Url, id, body, keys, due.Now, stop);
        Tries.Add(1, new KeyValuePair<string, object?>("outcome", attempt.Outcome));
        if (attempt.RetryAfter is { } pause)
            places.Pause(due.Webhook, pause);

        var next = RetrySchedule.Next(attempt, due.Tries, settings.Value.Delays, Random.Shared.NextDouble());
        due.Record(session, attempt, next);
        if (next.Delay is { } delay)
            session.Enqueue(new DeliverWebhook(due.Id, due.Attempts + 1), group: due.Webhook, delay);
        if (attempt.Outcome == Outcomes.Gone)
            session.Enqueue(new DisableWebhook(due.Webhook, DisabledReasons.Gone));
        else if (attempt.Outcome != Outcomes.Delivered && due.HasFailedLong)
            session.Enqueue(new DisableWebhook(due.Webhook, DisabledReasons.Failing));
    }

    private static async Task<byte[]> BodyAsync(Session session, PendingDelivery due, CancellationToken stop)
    {
        if (due.Stream is not { } stream)
            return WebhookPayload.OfTest(due.PayloadVersion, due.Workspace, due.Webhook, due.Event, due.CreatedAt);
        var events = await session.ReadStreamAsync(stream, after: due.StreamVersion!.Value - 1, limit: 1, stop);
        return WebhookPayload.Of(due.PayloadVersion, events.Single());
    }
}
