using Lectern.Activity.Catalogue;
using Lectern.Eventing;

namespace Lectern.Activity.Webhooks;

/// <summary>Makes a delivery of each event for each endpoint that wants it.</summary>
internal sealed class TellWebhooks : Subscription
{
    public override string Name => "activity.webhooks";

    /// <summary>A workspace can have many webhooks: each event is up to as many rows and messages.</summary>
    public override int MostAtOnce => 250;

    public override IReadOnlyList<Type> Events { get; } = PublicEvents.StoredTypes(Told.ByWebhook);

    public override async Task ReactAsync(IReadOnlyList<StoredEvent> events, Reaction reaction, CancellationToken stop)
    {
        var endpoints = await reaction.QueryAsync(
            """
            select id, workspace_id, events, created_at from activity.webhooks
            where workspace_id = any($1) and disabled_at is null and deleted_at is null
            """,
            row => new Endpoint(
                row.GetGuid(0),
                row.GetGuid(1),
                row.GetFieldValue<string[]>(2),
                row.GetFieldValue<DateTimeOffset>(3)
            ),
            stop,
            events.Select(stored => stored.Workspace).Distinct().ToArray()
        );
        if (endpoints.Count == 0)
            return;
        var byWorkspace = endpoints.ToLookup(endpoint => endpoint.Workspace);
        List<(Guid Delivery, Guid Webhook, string Name, StoredEvent Stored)> deliveries =
        [
            .. from stored in events
            let name = PublicEvents.TypeOf(stored)!.Name
            from endpoint in byWorkspace[stored.Workspace]
            // What happened before it was made is not for it, however far behind this is.
            where stored.At >= endpoint.CreatedAt && WebhookFilter.Matches(endpoint.Events, name)
            select (reaction.NewId(), endpoint.Id, name, stored),
        ];
        reaction.Execute(
            """
            insert into activity.webhook_deliveries
                (id, workspace_id, webhook_id, event_id, type, stream_id, stream_version)
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::int[])
            """,
            deliveries.Select(d => d.Delivery).ToArray(),
            deliveries.Select(d => d.Stored.Workspace).ToArray(),
            deliveries.Select(d => d.Webhook).ToArray(),
            deliveries.Select(d => d.Stored.Id).ToArray(),
            deliveries.Select(d => d.Name).ToArray(),
            deliveries.Select(d => d.Stored.Stream).ToArray(),
            deliveries.Select(d => d.Stored.Version!.Value).ToArray()
        );
        foreach (var (delivery, webhook, _, stored) in deliveries)
            reaction.Enqueue(new DeliverWebhook(delivery, 0), stored, group: webhook);
    }

    private sealed record Endpoint(Guid Id, Guid Workspace, string[] Events, DateTimeOffset CreatedAt);
}
