using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lectern.Billing.TopUps;

/// <summary>An event of the payment provider about a checkout, as far as it is read; it has many more members.</summary>
/// <param name="Id">The event.</param>
/// <param name="Type">What happened: one of <see cref="CheckoutEvents"/>.</param>
/// <param name="Data">To what.</param>
/// <param name="Livemode">Whether it is about real money.</param>
internal sealed record CheckoutEvent(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("data")] CheckoutEventData Data,
    [property: JsonPropertyName("livemode")] bool Livemode = false
);

/// <summary>What an event is about.</summary>
/// <param name="Object">The checkout session as it is after the event.</param>
internal sealed record CheckoutEventData([property: JsonPropertyName("object")] CheckoutSession Object);

/// <summary>A customer's way through the provider's checkout; there is one payment for each at most.</summary>
/// <param name="Id">The session.</param>
/// <param name="PaymentStatus"><c>paid</c>, <c>unpaid</c> or <c>no_payment_required</c>.</param>
/// <param name="AmountTotal">In the currency's smallest unit.</param>
/// <param name="Currency">Three lower-case letters.</param>
/// <param name="ClientReferenceId">The workspace that gets the credits.</param>
/// <param name="Metadata">Or it stands here, as <c>workspace</c>.</param>
internal sealed record CheckoutSession(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("payment_status")] string? PaymentStatus = null,
    [property: JsonPropertyName("amount_total")] decimal? AmountTotal = null,
    [property: JsonPropertyName("currency")] string? Currency = null,
    [property: JsonPropertyName("client_reference_id")] string? ClientReferenceId = null,
    [property: JsonPropertyName("metadata")] IReadOnlyDictionary<string, string>? Metadata = null
)
{
    /// <summary>Whole smallest units, if it is a number of them.</summary>
    [JsonIgnore]
    public long? Amount =>
        AmountTotal is { } amount
        && amount == decimal.Truncate(amount)
        && amount is >= long.MinValue and <= long.MaxValue
            ? (long)amount
            : null;
}

/// <summary>Reads events. Source of names and meanings: docs.stripe.com/checkout/fulfillment and /api/checkout/sessions/object.</summary>
internal static class CheckoutEvents
{
    /// <summary>The customer is through; where the payment takes days, it is unpaid yet.</summary>
    public const string Completed = "checkout.session.completed";

    /// <summary>A payment that took days has arrived.</summary>
    public const string Succeeded = "checkout.session.async_payment_succeeded";

    /// <summary>A payment that took days has not arrived and will not.</summary>
    public const string Failed = "checkout.session.async_payment_failed";

    private const int LongestId = 255;

    // The vendor's format, so members that nobody here knows are fine; bounded in depth here and in size by who calls.
    private static readonly JsonSerializerOptions Lenient = new()
    {
        MaxDepth = 32,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The event; null when it is of a type that means nothing here.</summary>
    /// <exception cref="JsonException">It is no event.</exception>
    public static CheckoutEvent? Read(ReadOnlySpan<byte> body)
    {
        // The type first: what an event of another type is about has another shape.
        var type = JsonSerializer.Deserialize<TypeOnly>(body, Lenient)?.Type;
        if (type is null)
            throw new JsonException("An event has a type.");
        if (type is not (Completed or Succeeded or Failed))
            return null;
        var read = JsonSerializer.Deserialize<CheckoutEvent>(body, Lenient)!;
        return IsId(read.Id) && IsId(read.Data.Object.Id)
            ? read
            : throw new JsonException("An event and its checkout session have ids.");
    }

    private static bool IsId(string id) => id.Length is > 0 and <= LongestId && id.All(c => c is > ' ' and <= '~');

    private sealed record TypeOnly([property: JsonPropertyName("type")] string Type);
}
