using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Webhooks;

/// <summary><c>GET</c> of a webhook's deliveries.</summary>
internal static class ReadDeliveriesEndpoints
{
    private static readonly string[] Statuses = ["pending", "delivered", "exhausted", "disabled"];

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/webhooks/{id}/deliveries", ListAsync)
            .WithName("ListDeliveries")
            .WithTags("webhooks")
            .WithSummary("What a webhook was told, newest first")
            .ForAdmins()
            .WithExample(response: new Page<DeliveryView>([DeliveryView.Example], null))
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues);
        api.MapGet("/webhooks/{id}/deliveries/{delivery}", GetAsync)
            .WithName("GetDelivery")
            .WithTags("webhooks")
            .WithSummary("A delivery with every try")
            .ForAdmins()
            .WithExample(response: new DeliveryWithTries(DeliveryView.Example, [AttemptView.Example]))
            .WithProblems(CommonProblems.NotFound);
    }

    private static async Task<Results<Ok<Page<DeliveryView>>, ProblemResult>> ListAsync(
        string id,
        string? status,
        string? type,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        if (await WebhookView.FindAsync(store, caller, id, cancel) is not var (webhook, _))
            return WebhookProblems.NotFound.AsResult();
        if (status is not null && !Statuses.Contains(status))
            return Refuse("status", $"must be one of {string.Join(", ", Statuses)}");
        if (type is not null && type != WebhookPayload.TestType && !WebhookFilter.Names.Contains(type))
            return Refuse("type", "must be the name of an event that webhooks can ask for");
        var (page, refusal) = ListPage.Of(
            cursors,
            $"{caller.Workspace}/webhooks/{webhook}/deliveries/{status}/{type}",
            limit,
            cursor
        );
        if (page is null)
            return refusal!.AsResult();
        // The status is written out, being one of ours, so that the indexes of some statuses fit.
        var ofStatus = status is null ? "" : $"and status = '{Statuses.First(known => known == status)}'";
        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            $"""
            select {DeliveryView.Columns} from activity.webhook_deliveries
            where workspace_id = $1 and webhook_id = $2 {ofStatus}
            and ($3::text is null or type = $3) and (created_at, id) < ($4, $5)
            order by created_at desc, id desc limit $6
            """,
            row => new ListRow<DeliveryView>(
                row.GetFieldValue<DateTimeOffset>(7),
                row.GetGuid(0),
                DeliveryView.Read(row)
            ),
            cancel,
            caller.Workspace,
            webhook,
            Typed.Text(type),
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }

    private static async Task<Results<Ok<DeliveryWithTries>, ProblemResult>> GetAsync(
        string id,
        string delivery,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (await WebhookView.FindAsync(store, caller, id, cancel) is not var (webhook, _))
            return WebhookProblems.NotFound.AsResult();
        await using var session = store.OpenSession(caller);
        return
            PublicId.TryParse(DeliveryView.Prefix, delivery, out var known)
            && await DeliveryView.FindAsync(session, webhook, known, cancel) is { } found
            ? TypedResults.Ok(new DeliveryWithTries(found, await AttemptView.ListAsync(session, known, cancel)))
            : WebhookProblems.NoDelivery.AsResult();
    }

    private static ProblemResult Refuse(string parameter, string detail) =>
        CommonProblems
            .InvalidValues.With("Deliveries can't be listed like this.", new FieldError(parameter, detail))
            .AsResult();
}
