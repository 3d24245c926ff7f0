using System.Text.Json;
using Lectern.Providers.Http;

namespace Lectern.Providers.Inworld;

/// <summary>
/// What Inworld's errors mean: a gRPC code in the body (<c>{"code":3,"message":…,"details":[]}</c>, or the same within
/// <c>error</c>), which may come with status 200. The codes: https://grpc.io/docs/guides/status-codes/.
/// </summary>
internal static class InworldFailures
{
    /// <summary>Null for an answer that is a success, to its body.</summary>
    public static ProviderException? Of(VendorAnswer answer) =>
        CodeOf(answer) switch
        {
            3 or 9 or 11 or 12 => answer.Fail(ProviderFailure.BadInput, "It does not take this request."),
            5 => answer.Fail(ProviderFailure.BadInput, "There is no such voice or model."),
            7 => answer.Fail(ProviderFailure.KeyRefused, "The key is not allowed to do this."),
            16 => answer.Fail(ProviderFailure.KeyRefused, "It refuses the key."),
            8 when (int)answer.Status == 402 => answer.FailByStatus(),
            8 => answer.Fail(ProviderFailure.RateLimited, "There are too many requests."),
            10 or 14 => answer.Fail(ProviderFailure.Busy, "It has no capacity."),
            1 or 4 => answer.Fail(ProviderFailure.UnknownOutcome, "It took too long inside."),
            2 or 13 or 15 => answer.Fail(ProviderFailure.Outage, "It is broken inside."),
            _ => answer.IsSuccess ? null : answer.FailByStatus(),
        };

    private static int? CodeOf(VendorAnswer answer)
    {
        if (answer.Json() is not { ValueKind: JsonValueKind.Object } body)
            return null;
        if (body.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
            body = error;
        return
            body.TryGetProperty("code", out var code)
            && code.ValueKind == JsonValueKind.Number
            && code.TryGetInt32(out var number)
            ? number
            : null;
    }
}
