using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Webhooks;

/// <summary>Changes a webhook; what isn't named stays.</summary>
/// <param name="Url">Where to post deliveries, those that wait included.</param>
/// <param name="Events">What it is told from now on.</param>
/// <param name="Description">What to note about it.</param>
internal sealed record ChangeWebhook(
    string? Url = null,
    IReadOnlyList<string>? Events = null,
    string? Description = null
);

/// <summary><c>PATCH</c> and <c>DELETE</c> of a webhook, and to enable and disable it.</summary>
internal static class ChangeWebhookEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        Document(
                api.MapPatch("/webhooks/{id}", ChangeAsync),
                "ChangeWebhook",
                "Change where a webhook is told, or what"
            )
            .WithExample(new ChangeWebhook(Events: ["job.*"]), WebhookView.Example with { Events = ["job.*"] });
        Document(api.MapPost("/webhooks/{id}/enable", EnableAsync), "EnableWebhook", "Tell a webhook of things again")
            .WithExample(response: WebhookView.Example with { Version = 3 });
        Document(
                api.MapPost("/webhooks/{id}/disable", DisableAsync),
                "DisableWebhook",
                "Tell a webhook of nothing; what waits for it is given up, and can be replayed"
            )
            .WithExample(
                response: WebhookView.Example with
                {
                    Status = "disabled",
                    DisabledReason = DisabledReasons.Asked,
                    DisabledAt = WebhookView.Example.CreatedAt.AddDays(1),
                    Version = 2,
                }
            );
        api.MapDelete("/webhooks/{id}", DeleteAsync)
            .WithName("DeleteWebhook")
            .WithTags("webhooks")
            .WithSummary("Delete a webhook with its secret and its log")
            .ForAdmins()
            .Produces(StatusCodes.Status204NoContent)
            .WithExample()
            .WithProblems(CommonProblems.NotFound, CommonProblems.PreconditionFailed, CommonProblems.Conflict);
    }

    private static RouteHandlerBuilder Document(RouteHandlerBuilder endpoint, string name, string summary) =>
        endpoint
            .WithName(name)
            .WithTags("webhooks")
            .WithSummary(summary)
            .WithDescription("With If-Match, only if it is the version that is there.")
            .ForAdmins()
            .Produces<WebhookView>()
            .WithProblems(WebhookChange.Problems);

    private static async Task<IResult> ChangeAsync(
        string id,
        ChangeWebhook command,
        UserUrls urls,
        [AsParameters] WebhookRequest request,
        CancellationToken cancel
    )
    {
        var faults = await WebhookRules.FaultsAsync(urls, command.Url, command.Description, command.Events, cancel);
        if (faults.Count > 0)
            return CommonProblems.InvalidValues.With("The webhook can't be changed like this.", [.. faults]).AsResult();
        var outcome = await WebhookChange.DoAsync(
            request,
            id,
            (session, stream, before) =>
            {
                var url = command.Url ?? before.Url;
                var description = command.Description ?? before.Description;
                string[] events = [.. (command.Events ?? before.Events).Distinct(StringComparer.Ordinal)];
                if (url == before.Url && description == before.Description && events.SequenceEqual(before.Events))
                    return Task.FromResult<Problem?>(null);
                stream.Append(new WebhookChanged());
                session.Execute(
                    "update activity.webhooks set url = $2, description = $3, events = $4 where id = $1",
                    stream.Id,
                    url,
                    description,
                    events
                );
                WebhookAudit.Record(session, "changed", stream.Id, request.Http);
                return Task.FromResult<Problem?>(null);
            },
            cancel
        );
        return WebhookChange.Answer(request.Http, outcome);
    }

    private static async Task<IResult> EnableAsync(
        string id,
        [AsParameters] WebhookRequest request,
        CancellationToken cancel
    ) =>
        WebhookChange.Answer(
            request.Http,
            await WebhookChange.DoAsync(
                request,
                id,
                (session, stream, _) =>
                {
                    if (!stream.State.IsDisabled)
                        return Task.FromResult<Problem?>(null);
                    stream.Append(new WebhookEnabled());
                    session.Execute(
                        "update activity.webhooks set disabled_at = null, disabled_reason = null, failing_since = null where id = $1",
                        stream.Id
                    );
                    WebhookAudit.Record(session, "enabled", stream.Id, request.Http);
                    return Task.FromResult<Problem?>(null);
                },
                cancel
            )
        );

    private static async Task<IResult> DisableAsync(
        string id,
        [AsParameters] WebhookRequest request,
        CancellationToken cancel
    ) =>
        WebhookChange.Answer(
            request.Http,
            await WebhookChange.DoAsync(
                request,
                id,
                (session, stream, _) =>
                {
                    if (!stream.State.IsDisabled)
                        WebhookDisabling.Add(session, stream, DisabledReasons.Asked, request.Http);
                    return Task.FromResult<Problem?>(null);
                },
                cancel
            )
        );

    private static async Task<IResult> DeleteAsync(
        string id,
        [AsParameters] WebhookRequest request,
        CancellationToken cancel
    )
    {
        var (_, refusal) = await WebhookChange.DoAsync(
            request,
            id,
            async (session, stream, _) =>
            {
                var secrets = await WebhookSecrets.OfAsync(session, stream.Id, cancel);
                stream.Append(new WebhookDeleted());
                session.Enqueue(new EndDeliveries(stream.Id));
                session.Execute(
                    """
                    update activity.webhooks set deleted_at = now(), slot = null, url = '', description = '',
                        old_secret_id = null, old_secret_until = null
                    where id = $1
                    """,
                    stream.Id
                );
                WorkspaceSecrets.Delete(session, secrets);
                WebhookAudit.Record(session, "deleted", stream.Id, request.Http);
                return null;
            },
            cancel
        );
        return refusal is null ? TypedResults.NoContent() : refusal.AsResult();
    }
}

/// <summary>The secrets of a webhook: the one that signs and, for a while, the one before it.</summary>
internal static class WebhookSecrets
{
    public static async Task<Guid[]> OfAsync(Session session, Guid webhook, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select array_remove(array[secret_id, old_secret_id], null) from activity.webhooks where id = $1",
                row => row.GetFieldValue<Guid[]>(0),
                cancel,
                webhook
            )
        ).Single();
}
