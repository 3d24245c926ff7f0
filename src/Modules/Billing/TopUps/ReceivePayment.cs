using System.Buffers;
using System.Text.Json;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.TopUps;

/// <summary>What came of an event; the provider shows it to the operator.</summary>
/// <param name="Outcome"><c>granted</c>, <c>pending</c>, <c>failed</c>, <c>unmatched</c>, or <c>ignored</c>.</param>
internal sealed record PaymentReceived(string Outcome);

/// <summary>
/// <c>POST /payments/webhook</c>. Every answer but 2xx makes the provider deliver again: that is what is wanted when the
/// database is away, and not when a payment can't be matched.
/// </summary>
internal static class ReceivePaymentEndpoint
{
    private const int MaxBytes = 256 * 1024;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/payments/webhook", HandleAsync)
            .WithName("ReceivePayment")
            .WithTags("payments")
            .WithSummary("Take in an event of the payment provider")
            .WithDescription(
                "For the provider only, which signs what it sends in the header Stripe-Signature. A paid checkout session whose "
                    + "client_reference_id, or metadata.workspace, is a workspace's id grants that workspace credits, once. "
                    + "Until a signing secret is configured, there is nothing here."
            )
            .AllowAnonymous()
            .Accepts<CheckoutEvent>("application/json")
            .WithExample(
                new CheckoutEvent(
                    "evt_1PgafmB7WZ01zgkW6dKueIc5",
                    CheckoutEvents.Completed,
                    new CheckoutEventData(
                        new CheckoutSession(
                            "cs_live_a1b2c3d4e5f6",
                            "paid",
                            2000,
                            "usd",
                            "workspace_01h455vb4pex5vsknk084sn02r",
                            new Dictionary<string, string>()
                        )
                    ),
                    Livemode: true
                ),
                new PaymentReceived(Outcomes.Granted)
            )
            .WithProblems(CommonProblems.MalformedRequest, BillingProblems.BadSignature, CommonProblems.TooLarge);

    private static async Task<Results<Ok<PaymentReceived>, NotFound, ProblemResult>> HandleAsync(
        HttpContext http,
        PaymentIntake intake,
        IOptions<PaymentSettings> settings,
        TimeProvider time,
        SecurityEvents events,
        CancellationToken cancel
    )
    {
        if (!settings.Value.IsOn)
            return TypedResults.NotFound();
        if (await ReadAsync(http.Request.Body, cancel) is not { } body)
            return CommonProblems.TooLarge.With($"An event has at most {MaxBytes / 1024} KiB.").AsResult();
        var isGood = WebhookSignature.IsGood(
            http.Request.Headers[WebhookSignature.Header] is [var header] ? header : null,
            body,
            settings.Value.SigningSecrets,
            time.GetUtcNow(),
            TimeSpan.FromSeconds(settings.Value.ToleranceSeconds)
        );
        if (!isGood)
        {
            events.Record(SecurityEvent.SignatureWrong, http);
            return BillingProblems.BadSignature.With("The delivery isn't signed by the payment provider.").AsResult();
        }

        CheckoutEvent? received;
        try
        {
            received = CheckoutEvents.Read(body);
        }
        catch (JsonException)
        {
            return CommonProblems.MalformedRequest.With("The body is not an event of the payment provider.").AsResult();
        }

        var outcome = received is null ? null : await intake.TakeInAsync(received, cancel);
        return TypedResults.Ok(new PaymentReceived(outcome ?? "ignored"));
    }

    /// <summary>The bytes as they came, since they are what is signed; null when there are too many.</summary>
    private static async Task<byte[]?> ReadAsync(Stream body, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBytes + 1);
        try
        {
            var length = await body.ReadAtLeastAsync(
                buffer.AsMemory(0, MaxBytes + 1),
                MaxBytes + 1,
                throwOnEndOfStream: false,
                cancel
            );
            return length > MaxBytes ? null : buffer[..length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
