using System.Globalization;
using System.Text.Json;
using Lectern.Providers.Http;
using static Lectern.Providers.OpenAi.LooseJson;

namespace Lectern.Providers.OpenAi;

/// <summary>
/// What an answer that is no success means. The status alone does not tell: OpenAI says "rate limited" and "out of credit"
/// with the same 429, Gemini says "wrong key" with 400. So the codes in the body decide, and the status where there is none
/// that is known.
/// </summary>
/// <remarks>
/// OpenAI: https://developers.openai.com/docs/guides/error-codes,
/// https://help.openai.com/en/articles/6614457-troubleshooting-api-usage-and-spend-limits. Google:
/// https://ai.google.dev/gemini-api/docs/troubleshooting, in the shape of https://google.aip.dev/193, which its
/// OpenAI-compatible endpoint puts into an array. Kokoro-FastAPI and Speaches: FastAPI's <c>detail</c>.
/// </remarks>
internal static class OpenAiErrors
{
    /// <summary>What OpenAI says of a good key that is limited to other things.</summary>
    public const string LimitedKey = "Missing scopes";

    private const int LargestError = 64 * 1024;

    private static readonly Dictionary<string, (ProviderFailure Failure, string Sentence)> Meanings = new(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["insufficient_quota"] = (ProviderFailure.QuotaExhausted, "The account's credit is used up."),
        ["credit_balance_exhausted"] = (ProviderFailure.QuotaExhausted, "The account's credit is used up."),
        ["billing_hard_limit_reached"] = (ProviderFailure.QuotaExhausted, "The account's spend limit is reached."),
        ["organization_spend_limit_exceeded"] = (
            ProviderFailure.QuotaExhausted,
            "The organization's spend limit is reached."
        ),
        ["organization_usage_limit_exceeded"] = (
            ProviderFailure.QuotaExhausted,
            "The organization's usage limit is reached."
        ),
        ["project_spend_limit_exceeded"] = (ProviderFailure.QuotaExhausted, "The project's spend limit is reached."),
        ["billing_not_active"] = (ProviderFailure.QuotaExhausted, "The account's billing is not active."),

        ["invalid_api_key"] = (ProviderFailure.KeyRefused, "It refuses the key."),
        ["authentication_error"] = (ProviderFailure.KeyRefused, "It refuses the key."),
        ["account_deactivated"] = (ProviderFailure.KeyRefused, "The key's account is deactivated."),
        ["no_organization"] = (ProviderFailure.KeyRefused, "The key's account belongs to no organization."),
        ["invalid_organization"] = (ProviderFailure.KeyRefused, "The key does not belong to the organization."),
        ["mismatched_organization"] = (ProviderFailure.KeyRefused, "The key does not belong to the organization."),
        ["mismatched_project"] = (ProviderFailure.KeyRefused, "The key does not belong to the project."),
        ["ip_not_authorized"] = (ProviderFailure.KeyRefused, "The key may not be used from this address."),
        ["unsupported_country_region_territory"] = (ProviderFailure.KeyRefused, "It does not serve this region."),
        ["API_KEY_INVALID"] = (ProviderFailure.KeyRefused, "It refuses the key."),
        ["UNAUTHENTICATED"] = (ProviderFailure.KeyRefused, "It refuses the key."),
        ["PERMISSION_DENIED"] = (ProviderFailure.KeyRefused, "The key may not do this."),
        ["FAILED_PRECONDITION"] = (
            ProviderFailure.KeyRefused,
            "It does not serve this region without a billed account."
        ),

        ["rate_limit_exceeded"] = (ProviderFailure.RateLimited, "There are too many requests."),
        ["rate_limit_error"] = (ProviderFailure.RateLimited, "There are too many requests."),
        ["slow_down"] = (ProviderFailure.RateLimited, "The requests have become more too fast."),
        ["RESOURCE_EXHAUSTED"] = (ProviderFailure.RateLimited, "There are too many requests."),

        ["server_is_overloaded"] = (ProviderFailure.Busy, "It has no capacity."),
        ["service_unavailable_error"] = (ProviderFailure.Busy, "It has no capacity."),
        ["UNAVAILABLE"] = (ProviderFailure.Busy, "It has no capacity."),

        ["content_policy_violation"] = (ProviderFailure.ContentRefused, "It refuses this content."),
        ["moderation_blocked"] = (ProviderFailure.ContentRefused, "It refuses this content."),
        ["content_filter"] = (ProviderFailure.ContentRefused, "It refuses this content."),
        ["invalid_prompt"] = (ProviderFailure.ContentRefused, "It refuses this content."),

        ["model_not_found"] = (ProviderFailure.BadInput, "It has no such model, or the key may not use it."),
        ["invalid_model"] = (ProviderFailure.BadInput, "It has no such model."),
        ["context_length_exceeded"] = (ProviderFailure.BadInput, "The text is too long for the model."),
        ["string_above_max_length"] = (ProviderFailure.BadInput, "The text is too long for the model."),
        ["string_too_long"] = (ProviderFailure.BadInput, "The text is too long for the model."),
    };

    /// <summary>Null for a success that reports no error.</summary>
    public static ProviderException? Find(OpenAiServer server, VendorAnswer answer)
    {
        var error = Read(answer);
        if (answer.IsSuccess && error is null)
            return null;
        if (error is { RetryAfter: { } delay } && answer.RetryAfter is null)
            answer = answer with { RetryAfter = delay };
        foreach (var code in error?.Codes ?? [])
            if (Meanings.TryGetValue(code, out var meaning))
                return answer.Fail(meaning.Failure, meaning.Sentence);
        if (answer.IsSuccess)
            return answer.Fail(ProviderFailure.BadAnswer, "It reports an error as if it were a success.");
        return (int)answer.Status switch
        {
            401 or 403 when answer.Says(LimitedKey) => answer.Fail(
                ProviderFailure.KeyRefused,
                "The key is limited, and may not do this."
            ),
            404 or 405 => answer.Fail(
                ProviderFailure.BadInput,
                $"There is no such model or function at {server.Title}'s address."
            ),
            413 => answer.Fail(ProviderFailure.BadInput, "The request is too large for it."),
            _ => answer.FailByStatus(),
        };
    }

    /// <summary>
    /// As <see cref="VendorHttp.RetryAfterOf"/>, or in milliseconds as OpenAI's own libraries read it:
    /// https://github.com/openai/openai-python/blob/main/src/openai/_base_client.py.
    /// </summary>
    public static TimeSpan? RetryAfterOf(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("retry-after-ms", out var values)
        && Number(values.First()) is { } milliseconds
        && milliseconds <= TimeSpan.MillisecondsPerDay
            ? TimeSpan.FromMilliseconds(milliseconds)
            : VendorHttp.RetryAfterOf(answer);

    private static Error? Read(VendorAnswer answer)
    {
        if (answer.Body.Length > LargestError || answer.Json() is not { } root)
            return null;
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() == 1)
            root = root[0]; // Gemini
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        if (Property(root, "error") is { ValueKind: not JsonValueKind.Null } error)
            return error.ValueKind == JsonValueKind.Object ? ReadError(error) : new Error([], null);
        if (Property(root, "detail") is { } detail)
            return new Error([.. DetailCodes(detail)], null); // FastAPI
        if (Text(root, "object") == "error" || !answer.IsSuccess)
            return ReadError(root); // older vLLM: the error itself
        return null;
    }

    // The most particular first: the type of OpenAI's and the status of Google's stand for many codes.
    private static Error ReadError(JsonElement error)
    {
        var details = Items(Property(error, "details")).ToList();
        var daily = details
            .SelectMany(detail => Items(Property(detail, "violations")))
            .Any(violation => Text(violation, "quotaId")?.Contains("PerDay", StringComparison.Ordinal) == true);
        string?[] codes =
        [
            Text(error, "code"),
            .. details.Select(detail => Text(detail, "reason")),
            daily ? "insufficient_quota" : null,
            Text(error, "status"),
            Text(error, "type"),
        ];
        // google.rpc.RetryInfo: "38s"
        var delay = details
            .Select(detail => Text(detail, "retryDelay"))
            .Select(text => text is not null && text.EndsWith('s') ? Number(text[..^1]) : null)
            .FirstOrDefault(seconds => seconds <= TimeSpan.SecondsPerDay);
        return new Error([.. codes.OfType<string>()], delay is { } wait ? TimeSpan.FromSeconds(wait) : null);
    }

    // An object of Kokoro-FastAPI's own, or the list of what FastAPI finds wrong with a request.
    private static IEnumerable<string> DetailCodes(JsonElement detail) =>
        detail.ValueKind == JsonValueKind.Object
            ? new[] { Text(detail, "error"), Text(detail, "type") }.OfType<string>()
            : Items(detail).Select(item => Text(item, "type")).OfType<string>();

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private sealed record Error(IReadOnlyList<string> Codes, TimeSpan? RetryAfter);
}
