using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Webhooks;

/// <summary>Has an endpoint told what happens in the workspace from now on.</summary>
/// <param name="Url">Where to post it: https, and an address of the public internet.</param>
/// <param name="Events">Names of events, prefixes such as <c>job.*</c>, or <c>*</c> for all.</param>
/// <param name="Description">What to note about it; at most 200 characters.</param>
/// <param name="Secret">A secret of the receiver's own, <c>whsec_</c> and the base64 of 24 to 64 bytes; a new one without.</param>
internal sealed record CreateWebhook(
    string Url,
    IReadOnlyList<string> Events,
    string Description = "",
    string? Secret = null
)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => "CreateWebhook";
}

/// <summary><c>POST /webhooks</c>.</summary>
internal static class CreateWebhookEndpoint
{
    private const string Full = "webhooks_per_workspace";
    private const string SlotTaken = "webhooks_slot";
    private const int Tries = 5;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/webhooks", HandleAsync)
            .WithName("CreateWebhook")
            .WithTags("webhooks")
            .WithSummary("Have an endpoint told what happens")
            .WithDescription(
                "The secret is shown in this answer and never again. Deliveries are signed as Standard Webhooks 1.0.0 says; docs/webhooks.md tells how to check them."
            )
            .ForAdmins()
            .Produces<WebhookWithSecret>(StatusCodes.Status201Created)
            .WithExample(
                new CreateWebhook(WebhookView.Example.Url, WebhookView.Example.Events, WebhookView.Example.Description),
                WebhookWithSecret.Example
            )
            .WithProblems(CommonProblems.InvalidValues, WebhookProblems.TooMany, CommonProblems.Conflict);

    private static async Task<IResult> HandleAsync(
        CreateWebhook command,
        HttpContext http,
        Caller caller,
        EventStore store,
        UserUrls urls,
        WorkspaceSecrets secrets,
        CancellationToken cancel
    )
    {
        var (secret, badSecret) = WebhookSecret.Read(command.Secret);
        var faults = await WebhookRules.FaultsAsync(urls, command.Url, command.Description, command.Events, cancel);
        if (badSecret is not null)
            faults.Add(badSecret);
        if (faults.Count > 0)
            return CommonProblems.InvalidValues.With("The webhook can't be made like this.", [.. faults]).AsResult();

        var id = store.NewId();
        for (var tries = 1; ; tries++)
        {
            await using var session = store.OpenWorkerSession(caller);
            var secretId = store.NewId();
            await secrets.AddAsync(session, secretId, WebhookSecret.Purpose, secret, cancel);
            session.StartStream<Webhook>(id, new WebhookCreated(WebhookPayload.Newest));
            Insert(session, id, caller.Workspace, command, secretId);
            WebhookAudit.Record(session, "created", id, http);
            try
            {
                await session.SaveChangesAsync(cancel);
                break;
            }
            catch (ConstraintViolatedException refused) when (refused.Constraint == Full)
            {
                return WebhookProblems
                    .TooMany.With($"All {WebhookRules.MostOfWorkspace} places for webhooks are taken.")
                    .AsResult();
            }
            catch (ConstraintViolatedException lost)
                when (tries < Tries && (lost.Constraint == SlotTaken || WorkspaceSecrets.IsLostRace(lost)))
            {
                // Another one took the place, or made the workspace's first secret, at the same time.
            }
        }

        if (await WebhookView.FindAsync(store, caller, id, cancel) is not { } made)
            return WebhookProblems.NotFound.AsResult(); // deleted by somebody who was very quick
        http.Response.Headers.ETag = VersionTag.Of(made.Version);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            $"/api/v1/webhooks/{made.Id}",
            new WebhookWithSecret(made, WebhookSecret.Write(secret))
        );
    }

    private static void Insert(Session session, Guid id, Guid workspace, CreateWebhook command, Guid secret) =>
        session.Execute(
            """
            insert into activity.webhooks
                (id, workspace_id, slot, url, description, events, payload_version, secret_id, version)
            select $1, $2, coalesce(min(place), $8 + 1), $3, $4, $5, $6, $7, 1
            from generate_series(1, $8) place
            where not exists (select from activity.webhooks where workspace_id = $2 and slot = place)
            """,
            id,
            workspace,
            command.Url,
            command.Description,
            command.Events.Distinct(StringComparer.Ordinal).ToArray(),
            WebhookPayload.Newest,
            secret,
            WebhookRules.MostOfWorkspace
        );
}

/// <summary>What is done to webhooks stands in the workspace's audit log.</summary>
internal static class WebhookAudit
{
    public static void Record(Session session, string what, Guid webhook, HttpContext? http = null) =>
        AuditLog.Record(
            session,
            session.Context.Workspace,
            $"webhooks.{what}",
            PublicId.Format(WebhookView.Prefix, webhook),
            address: http?.Connection.RemoteIpAddress?.ToString()
        );
}
