using System.Text.Json;
using Lectern.Accounts.Contracts;
using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Activity.Webhooks;

/// <summary>
/// The body of a delivery, in the form of the Standard Webhooks specification (type, timestamp, data), with what all
/// events have beside its data. It names things by their ids; what they are now is asked of the API.
/// </summary>
/// <param name="Type">What happened.</param>
/// <param name="Timestamp">When.</param>
/// <param name="Version">The form's version, which the endpoint was made with.</param>
/// <param name="Id">The event's id, which is also the header webhook-id.</param>
/// <param name="Workspace">Whose it is.</param>
/// <param name="Actor">Who caused it.</param>
/// <param name="Subject">What it happened to.</param>
/// <param name="Data">What there is to know about it.</param>
internal sealed record WebhookPayload(
    string Type,
    DateTimeOffset Timestamp,
    int Version,
    string Id,
    string Workspace,
    string Actor,
    PublicSubject Subject,
    JsonElement Data
)
{
    /// <summary>The newest form, which new endpoints get.</summary>
    /// <remarks>
    /// A field is only ever added. When one must go or change, a form 2 is written beside this one, <see cref="Newest"/> is
    /// raised, and endpoints stay with the form that they were made with.
    /// </remarks>
    public const int Newest = 1;

    /// <summary>More than any body has; the specification recommends less than 20 kB.</summary>
    public const int MostBytes = 20_000;

    /// <summary>Asked for to try an endpoint out; it stands in no log.</summary>
    public const string TestType = "webhook.test";

    /// <summary>The bytes to send of an event.</summary>
    public static byte[] Of(int version, StoredEvent stored)
    {
        var told = PublicEvents.Tell(stored) ?? throw new GiveUpException($"{stored.Type} isn't told any more.");
        var type = PublicEvents.TypeOf(stored)!;
        return Write(
            version,
            new WebhookPayload(
                told.Type,
                told.At,
                version,
                told.Id,
                AccountIds.Workspace(stored.Workspace),
                told.Actor,
                told.Subject,
                JsonSerializer.SerializeToElement(told.Data, PublicJson.Of(type))
            )
        );
    }

    /// <summary>The bytes to send as a test.</summary>
    public static byte[] OfTest(int version, Guid workspace, Guid webhook, Guid @event, DateTimeOffset at) =>
        Write(
            version,
            new WebhookPayload(
                TestType,
                at,
                version,
                PublicId.Format(PublicEvents.Prefix, @event),
                AccountIds.Workspace(workspace),
                "system",
                new PublicSubject(WebhookView.Prefix, PublicId.Format(WebhookView.Prefix, webhook)),
                JsonSerializer.SerializeToElement(new NoData(), PublicJson.Default.NoData)
            )
        );

    private static byte[] Write(int version, WebhookPayload payload) =>
        version switch
        {
            1 => JsonSerializer.SerializeToUtf8Bytes(payload, WebhookPayloadJson.Default.WebhookPayload),
            _ => throw new GiveUpException($"There is no payload of version {version}."),
        };
}
