using System.Text.Json;
using Lectern.Providers.Http;

namespace Lectern.Providers.ElevenLabs;

/// <summary>
/// What ElevenLabs' errors mean. Their status alone misleads: a used up volume comes under 401, a plan that is too small
/// under 400, 401, 402 or 403. The code is in <c>detail.code</c> and, as older ones are, in <c>detail.status</c>.
/// https://elevenlabs.io/docs/eleven-api/resources/errors,
/// https://help.elevenlabs.io/hc/en-us/articles/19572237925521 (400 and 401), …/19571824571921 (429).
/// </summary>
internal static class ElevenLabsFailures
{
    public static ProviderException Of(VendorAnswer answer)
    {
        foreach (var code in Codes(answer))
            switch (code)
            {
                case "quota_exceeded":
                    return answer.Fail(ProviderFailure.QuotaExhausted, "The account's volume is used up.");
                case "payment_required"
                or "paid_plan_required"
                or "only_for_creator+"
                or "can_not_use_instant_voice_cloning":
                    return answer.Fail(
                        ProviderFailure.QuotaExhausted,
                        "The account's plan does not include this.",
                        thisRequestOnly: true
                    );
                case "voice_limit_reached":
                    return answer.Fail(
                        ProviderFailure.QuotaExhausted,
                        "The account's plan holds no more voices.",
                        thisRequestOnly: true
                    );
                case "invalid_api_key":
                    return answer.Fail(ProviderFailure.KeyRefused, "It refuses the key.");
                case "missing_permissions":
                    return answer.Fail(
                        ProviderFailure.KeyRefused,
                        "The key is not allowed to do this.",
                        thisRequestOnly: true
                    );
                case "detected_unusual_activity":
                    return answer.Fail(
                        ProviderFailure.KeyRefused,
                        "It has disabled the free plan for this account or address."
                    );
                case "too_many_concurrent_requests" or "concurrent_limit_exceeded" or "rate_limit_exceeded":
                    return answer.Fail(ProviderFailure.RateLimited, "There are too many requests at a time.");
                case "system_busy":
                    return answer.Fail(ProviderFailure.Busy, "It has no capacity.");
                case "content_against_policy":
                    return answer.Fail(ProviderFailure.ContentRefused, "It does not speak this text.");
                case "voice_not_found":
                    return answer.Fail(ProviderFailure.BadInput, "There is no such voice.");
                case "max_character_limit_exceeded":
                    return answer.Fail(ProviderFailure.BadInput, "The text is too long for the model.");
                case "invalid_parameters":
                    return answer.Fail(ProviderFailure.BadInput, "It does not take this request.");
            }
        // Too Early: the status of a recording whose dubbing is not finished.
        return (int)answer.Status == 425
            ? answer.Fail(ProviderFailure.Busy, "It has not finished.")
            : answer.FailByStatus();
    }

    /// <summary>Whether the key is good but limited to other things.</summary>
    public static bool IsLimitedKey(VendorAnswer answer) => Codes(answer).Contains("missing_permissions");

    /// <summary>Whether the voice was deleted already.</summary>
    public static bool IsAbsentVoice(VendorAnswer answer) =>
        (int)answer.Status == 404 || Codes(answer).Contains("voice_not_found");

    // The more specific first. A validation error's detail is a list (422), which has no code: its status says enough.
    private static IEnumerable<string> Codes(VendorAnswer answer)
    {
        if (
            answer.Json() is not { ValueKind: JsonValueKind.Object } body
            || !body.TryGetProperty("detail", out var detail)
            || detail.ValueKind != JsonValueKind.Object
        )
            yield break;
        foreach (var name in (string[])["code", "status", "type"])
            if (detail.TryGetProperty(name, out var code) && code.ValueKind == JsonValueKind.String)
                yield return code.GetString()!;
    }
}
