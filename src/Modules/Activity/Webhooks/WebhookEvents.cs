using System.Text.Json.Serialization;
using Lectern.Eventing;

namespace Lectern.Activity.Webhooks;

/// <summary>An endpoint is told of what happens from now on.</summary>
/// <param name="PayloadVersion">The form of what it is sent.</param>
internal sealed record WebhookCreated(int PayloadVersion);

/// <summary>It has another URL, or is told of other things.</summary>
internal sealed record WebhookChanged;

/// <summary>It has a new secret.</summary>
/// <param name="OldUntil">Until when the one before signs, too.</param>
internal sealed record WebhookRotated(DateTimeOffset OldUntil);

/// <summary>It is told of things again.</summary>
internal sealed record WebhookEnabled;

/// <summary>It is told of nothing any more.</summary>
/// <param name="Reason">One of <see cref="DisabledReasons"/>.</param>
internal sealed record WebhookDisabled(string Reason);

/// <summary>It is gone.</summary>
internal sealed record WebhookDeleted;

/// <summary>Why an endpoint is disabled: stored codes.</summary>
internal static class DisabledReasons
{
    /// <summary>Somebody wanted it.</summary>
    public const string Asked = "asked";

    /// <summary>The endpoint answered 410.</summary>
    public const string Gone = "gone";

    /// <summary>Nothing could be delivered for days.</summary>
    public const string Failing = "failing";
}

/// <summary>An endpoint as its events tell it; its version is the stream's.</summary>
internal sealed record Webhook(bool IsDisabled, bool IsDeleted)
{
    public static readonly Webhook Initial = new(false, false);

    public static Webhook Evolve(Webhook state, object happened) =>
        happened switch
        {
            WebhookDisabled => state with { IsDisabled = true },
            WebhookEnabled => state with { IsDisabled = false },
            WebhookDeleted => state with { IsDeleted = true },
            _ => state,
        };

    public static void Register(EventingBuilder eventing)
    {
        eventing.Event("activity.webhook_created.v1", WebhooksJson.Default.WebhookCreated);
        eventing.Event("activity.webhook_changed.v1", WebhooksJson.Default.WebhookChanged);
        eventing.Event("activity.webhook_rotated.v1", WebhooksJson.Default.WebhookRotated);
        eventing.Event("activity.webhook_enabled.v1", WebhooksJson.Default.WebhookEnabled);
        eventing.Event("activity.webhook_disabled.v1", WebhooksJson.Default.WebhookDisabled);
        eventing.Event("activity.webhook_deleted.v1", WebhooksJson.Default.WebhookDeleted);
        eventing.Stream("webhook", Initial, Evolve, WebhooksJson.Default.Webhook);
    }
}

/// <summary>How events and messages of webhooks are stored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(WebhookCreated))]
[JsonSerializable(typeof(WebhookChanged))]
[JsonSerializable(typeof(WebhookRotated))]
[JsonSerializable(typeof(WebhookEnabled))]
[JsonSerializable(typeof(WebhookDisabled))]
[JsonSerializable(typeof(WebhookDeleted))]
[JsonSerializable(typeof(Webhook))]
[JsonSerializable(typeof(DeliverWebhook))]
[JsonSerializable(typeof(DisableWebhook))]
[JsonSerializable(typeof(EndDeliveries))]
[JsonSerializable(typeof(TellOfDisabledWebhook))]
internal sealed partial class WebhooksJson : JsonSerializerContext;

/// <summary>How what is sent is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WebhookPayload))]
internal sealed partial class WebhookPayloadJson : JsonSerializerContext;
