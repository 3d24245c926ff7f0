using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Webhooks;

/// <summary>What is to be told again.</summary>
/// <param name="Deliveries">How many deliveries.</param>
/// <param name="More">Whether there are more than one request asks for: ask again.</param>
internal sealed record Replayed(int Deliveries, bool More);

/// <summary>Deliveries that somebody asks for: a test, and what could not be delivered once more.</summary>
internal static class AskForDeliveriesEndpoints
{
    private const int MostAtOnce = 1_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/webhooks/{id}/test", TestAsync)
            .WithName("TestWebhook")
            .WithTags("webhooks")
            .WithSummary("Send a webhook an event of the type webhook.test")
            .WithDescription(
                "On the same way as every other, whatever the webhook asked for; GET the delivery to see what came of it."
            )
            .ForAdmins()
            .WithExample(
                response: DeliveryView.Example with
                {
                    Type = WebhookPayload.TestType,
                    Attempts = 0,
                    LastOutcome = null,
                    LastStatus = null,
                }
            )
            .WithProblems(CommonProblems.NotFound, WebhookProblems.Disabled);
        api.MapPost("/webhooks/{id}/deliveries/{delivery}/replay", ReplayAsync)
            .WithName("ReplayDelivery")
            .WithTags("webhooks")
            .WithSummary("Deliver once more, now, whatever became of it")
            .ForAdmins()
            .WithExample(response: DeliveryView.Example)
            .WithProblems(CommonProblems.NotFound, WebhookProblems.Disabled);
        api.MapPost("/webhooks/{id}/replay", ReplayAllAsync)
            .WithName("ReplayDeliveries")
            .WithTags("webhooks")
            .WithSummary("Deliver what could not be delivered, from a time on")
            .WithDescription(
                "Those that are exhausted, or were given up since the webhook was disabled; the oldest first, at most 1,000 at once."
            )
            .ForAdmins()
            .WithExample(response: new Replayed(12, false))
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues, WebhookProblems.Disabled);
    }

    private static async Task<Results<Accepted<DeliveryView>, ProblemResult>> TestAsync(
        string id,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (await WebhookView.FindAsync(store, caller, id, cancel) is not var (webhook, view))
            return WebhookProblems.NotFound.AsResult();
        if (view.DisabledAt is not null)
            return WebhookProblems.Disabled.With("Nothing is sent to it.").AsResult();
        var delivery = store.NewId();
        await using var session = store.OpenWorkerSession(caller);
        session.Execute(
            "insert into activity.webhook_deliveries (id, workspace_id, webhook_id, event_id, type) values ($1, $2, $3, $4, $5)",
            delivery,
            caller.Workspace,
            webhook,
            store.NewId(),
            WebhookPayload.TestType
        );
        session.Enqueue(new DeliverWebhook(delivery, 0), group: webhook);
        await session.SaveChangesAsync(cancel);
        return await AnswerAsync(store, caller, webhook, delivery, cancel);
    }

    private static async Task<Results<Accepted<DeliveryView>, ProblemResult>> ReplayAsync(
        string id,
        string delivery,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (await WebhookView.FindAsync(store, caller, id, cancel) is not var (webhook, view))
            return WebhookProblems.NotFound.AsResult();
        await using var reading = store.OpenSession(caller);
        if (
            !PublicId.TryParse(DeliveryView.Prefix, delivery, out var known)
            || await DeliveryView.FindAsync(reading, webhook, known, cancel) is not { } found
        )
            return WebhookProblems.NoDelivery.AsResult();
        if (view.DisabledAt is not null)
            return WebhookProblems.Disabled.With("Nothing is sent to it.").AsResult();
        await using var session = store.OpenWorkerSession(caller);
        AskAgain(session, webhook, [(known, found.Attempts)]);
        await session.SaveChangesAsync(cancel);
        return await AnswerAsync(store, caller, webhook, known, cancel);
    }

    private static async Task<Results<Accepted<Replayed>, ProblemResult>> ReplayAllAsync(
        string id,
        DateTimeOffset? since,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (await WebhookView.FindAsync(store, caller, id, cancel) is not var (webhook, view))
            return WebhookProblems.NotFound.AsResult();
        if (view.DisabledAt is not null)
            return WebhookProblems.Disabled.With("Nothing is sent to it.").AsResult();
        if (since is not { } from)
            return CommonProblems
                .InvalidValues.With(
                    "From when on is not said.",
                    new FieldError("since", "must be a time, such as 2026-01-05T09:30:00Z")
                )
                .AsResult();
        await using var reading = store.OpenSession(caller);
        var undelivered = await reading.QueryAsync(
            """
            select id, attempts from activity.webhook_deliveries
            where workspace_id = $1 and webhook_id = $2 and status in ('exhausted', 'disabled') and created_at >= $3
            order by created_at, id limit $4
            """,
            row => (row.GetGuid(0), row.GetInt32(1)),
            cancel,
            caller.Workspace,
            webhook,
            from.ToUniversalTime(),
            MostAtOnce + 1
        );
        var now = undelivered.Take(MostAtOnce).ToList();
        await using var session = store.OpenWorkerSession(caller);
        AskAgain(session, webhook, now);
        await session.SaveChangesAsync(cancel);
        return TypedResults.Accepted((string?)null, new Replayed(now.Count, undelivered.Count > now.Count));
    }

    /// <summary>
    /// The schedule begins again. A message of before finds that it comes too late, or sends the same under the same id.
    /// A delivery that was tried since it was looked at is left alone: our message would come too late for it.
    /// </summary>
    private static void AskAgain(Session session, Guid webhook, List<(Guid Id, int Attempts)> deliveries)
    {
        session.Execute(
            """
            update activity.webhook_deliveries d
            set status = 'pending', tries = 0, next_attempt_at = now(), ended_at = null
            from unnest($1::uuid[], $2::int[]) asked (id, attempts)
            where d.id = asked.id and d.attempts = asked.attempts
            """,
            deliveries.Select(delivery => delivery.Id).ToArray(),
            deliveries.Select(delivery => delivery.Attempts).ToArray()
        );
        foreach (var (id, attempts) in deliveries)
            session.Enqueue(new DeliverWebhook(id, attempts), group: webhook);
    }

    private static async Task<Results<Accepted<DeliveryView>, ProblemResult>> AnswerAsync(
        EventStore store,
        Caller caller,
        Guid webhook,
        Guid delivery,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return await DeliveryView.FindAsync(session, webhook, delivery, cancel) is { } found
            ? TypedResults.Accepted(
                $"/api/v1/webhooks/{PublicId.Format(WebhookView.Prefix, webhook)}/deliveries/{found.Id}",
                found
            )
            : WebhookProblems.NoDelivery.AsResult();
    }
}
