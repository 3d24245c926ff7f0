using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Webhooks;

/// <summary>Gives a webhook another secret.</summary>
/// <param name="Secret">One of the receiver's own; a new one without.</param>
/// <param name="OverlapHours">For how many hours the old one signs, too: 0 to 168; 24 unless the operator set it otherwise.</param>
internal sealed record RotateSecret(string? Secret = null, double? OverlapHours = null)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => "RotateSecret";
}

/// <summary><c>POST /webhooks/{id}/rotate</c>.</summary>
internal static class RotateSecretEndpoint
{
    private const double MostHours = 168;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/webhooks/{id}/rotate", HandleAsync)
            .WithName("RotateWebhookSecret")
            .WithTags("webhooks")
            .WithSummary("Give a webhook another secret")
            .WithDescription(
                "Until the overlap ends, each delivery carries a signature with either secret, so that a receiver can change over without missing one."
            )
            .ForAdmins()
            .Produces<WebhookWithSecret>()
            .WithExample(
                new RotateSecret(OverlapHours: 24),
                WebhookWithSecret.Example with
                {
                    Webhook = WebhookView.Example with
                    {
                        OldSecretUntil = WebhookView.Example.CreatedAt.AddDays(1),
                        Version = 2,
                    },
                }
            )
            .WithProblems(WebhookChange.Problems);

    private static async Task<IResult> HandleAsync(
        string id,
        RotateSecret command,
        WorkspaceSecrets secrets,
        IOptions<WebhookSettings> settings,
        [AsParameters] WebhookRequest request,
        CancellationToken cancel
    )
    {
        var (secret, badSecret) = WebhookSecret.Read(command.Secret);
        var faults = new List<FieldError>();
        if (badSecret is not null)
            faults.Add(badSecret);
        if (command.OverlapHours is not (null or (>= 0 and <= MostHours)))
            faults.Add(new FieldError("/overlapHours", $"must be from 0 to {MostHours}"));
        if (faults.Count > 0)
            return CommonProblems.InvalidValues.With("The secret can't be rotated like this.", [.. faults]).AsResult();

        var overlap = command.OverlapHours is { } hours ? TimeSpan.FromHours(hours) : settings.Value.RotationOverlap;
        var (after, refusal) = await WebhookChange.DoAsync(
            request,
            id,
            async (session, stream, _) =>
            {
                var before = await WebhookSecrets.OfAsync(session, stream.Id, cancel);
                var added = request.Store.NewId();
                await secrets.AddAsync(session, added, WebhookSecret.Purpose, secret, cancel);
                stream.Append(new WebhookRotated(stream.Now + overlap));
                session.Execute(
                    """
                    update activity.webhooks set secret_id = $2, old_secret_id = secret_id, old_secret_until = $3
                    where id = $1
                    """,
                    stream.Id,
                    added,
                    stream.Now + overlap
                );
                if (before.Length > 1) // two rotations ago
                    WorkspaceSecrets.Delete(session, before[1..]);
                WebhookAudit.Record(session, "rotated", stream.Id, request.Http);
                return null;
            },
            cancel
        );
        if (refusal is not null)
            return refusal.AsResult();
        if (after is null)
            return WebhookProblems.NotFound.AsResult();
        request.Http.Response.Headers.ETag = VersionTag.Of(after.Version);
        request.Http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new WebhookWithSecret(after, WebhookSecret.Write(secret)));
    }
}
