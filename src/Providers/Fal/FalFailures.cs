using System.Text.Json;
using Lectern.Providers.Http;

namespace Lectern.Providers.Fal;

/// <summary>
/// What fal's errors mean. A model's have a list, <c>{"detail":[{"loc","msg","type"}]}</c>
/// (https://docs.fal.ai/model-apis/errors); those of the platform have a type beside a sentence,
/// <c>{"detail":"…","error_type":"…"}</c> (https://docs.fal.ai/documentation/model-apis/request-errors).
/// </summary>
internal static class FalFailures
{
    public static ProviderException Of(VendorAnswer answer)
    {
        var failed = ByType(answer);
        // Which says whether the very same request may succeed: a 500 may be for good, and a 422 may pass.
        return RetryableOf(answer) switch
        {
            false when failed.Failure is ProviderFailure.Outage or ProviderFailure.Busy => answer.Fail(
                ProviderFailure.BadInput,
                "It can't make this picture."
            ),
            true when failed.Failure is ProviderFailure.BadInput => answer.Fail(
                ProviderFailure.Busy,
                "It could not make this picture now."
            ),
            _ => failed,
        };
    }

    private static ProviderException ByType(VendorAnswer answer) =>
        TypeOf(answer) switch
        {
            "content_policy_violation" => answer.Fail(ProviderFailure.ContentRefused, "It does not show this."),
            "no_media_generated" => answer.Fail(ProviderFailure.BadAnswer, "It made no picture."),
            "downstream_service_unavailable" or "startup_timeout" or "runner_scheduling_failure" => answer.Fail(
                ProviderFailure.Busy,
                "It has no capacity."
            ),
            "generation_timeout" or "request_timeout" or "runner_disconnected" => answer.Fail(
                ProviderFailure.UnknownOutcome,
                "It took too long inside."
            ),
            "internal_server_error"
            or "internal_error"
            or "downstream_service_error"
            or "runner_connection_timeout"
            or "runner_connection_refused"
            or "runner_connection_error"
            or "runner_incomplete_response"
            or "runner_server_error" => answer.Fail(ProviderFailure.Outage, "It is broken inside."),
            "client_disconnected" or "client_cancelled" => answer.Fail(
                ProviderFailure.UnknownOutcome,
                "Somebody else cancelled the request."
            ),
            // {"detail":"User is locked. Reason: Exhausted balance. …"}, with 403
            _ when answer.Says("Exhausted balance") => answer.Fail(
                ProviderFailure.QuotaExhausted,
                "The account's balance is used up."
            ),
            _ => answer.FailByStatus(),
        };

    private static string? TypeOf(VendorAnswer answer)
    {
        if (answer.Json() is not { ValueKind: JsonValueKind.Object } body)
            return null;
        if (
            body.TryGetProperty("detail", out var details)
            && details.ValueKind == JsonValueKind.Array
            && details.GetArrayLength() > 0
        )
            return Text(details[0], "type");
        return Text(body, "error_type");
    }

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object
        && of.TryGetProperty(name, out var text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    private static bool? RetryableOf(VendorAnswer answer) =>
        answer.Headers.TryGetValues("X-Fal-Retryable", out var values)
        && bool.TryParse(values.First(), out var retryable)
            ? retryable
            : null;
}
