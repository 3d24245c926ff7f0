using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Webhooks;

/// <summary><c>GET</c> of webhooks. For admins: a URL may carry what only they should know.</summary>
internal static class ReadWebhooksEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/webhooks", ListAsync)
            .WithName("ListWebhooks")
            .WithTags("webhooks")
            .WithSummary("The webhooks of the workspace, newest first")
            .ForAdmins()
            .WithExample(response: new Page<WebhookView>([WebhookView.Example], null))
            .WithProblems(CommonProblems.InvalidValues);
        api.MapGet("/webhooks/{id}", GetAsync)
            .WithName("GetWebhook")
            .WithTags("webhooks")
            .WithSummary("A webhook")
            .WithDescription("The ETag is its version: send it as If-Match with a change.")
            .ForAdmins()
            .Produces<WebhookView>()
            .WithExample(response: WebhookView.Example)
            .WithProblems(CommonProblems.NotFound);
    }

    private static async Task<Results<Ok<Page<WebhookView>>, ProblemResult>> ListAsync(
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (page, refusal) = ListPage.Of(cursors, $"{caller.Workspace}/webhooks", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            $"""
            select {WebhookView.Columns} from activity.webhooks
            where workspace_id = $1 and deleted_at is null and (created_at, id) < ($2, $3)
            order by created_at desc, id desc limit $4
            """,
            row => new ListRow<WebhookView>(
                row.GetFieldValue<DateTimeOffset>(10),
                row.GetGuid(0),
                WebhookView.Read(row)
            ),
            cancel,
            caller.Workspace,
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        await WebhookView.FindAsync(store, caller, id, cancel) is var (_, found)
            ? WebhookChange.Answer(http, (found, null))
            : WebhookProblems.NotFound.AsResult();
}
