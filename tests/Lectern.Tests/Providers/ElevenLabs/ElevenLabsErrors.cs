using Lectern.Providers;

namespace Lectern.Tests.Providers.ElevenLabs;

/// <summary>
/// The error bodies of ElevenLabs' documentation: https://help.elevenlabs.io/hc/en-us/articles/19572237925521 (400, 401),
/// https://help.elevenlabs.io/hc/en-us/articles/19571824571921 (429), and
/// https://elevenlabs.io/docs/eleven-api/resources/errors for the newer shape, in which status is kept for old clients.
/// </summary>
public abstract class ElevenLabsErrors : VendorFaults
{
    [Theory]
    [InlineData(401, "quota_exceeded", ProviderFailure.QuotaExhausted)]
    [InlineData(400, "quota_exceeded", ProviderFailure.QuotaExhausted)]
    [InlineData(401, "invalid_api_key", ProviderFailure.KeyRefused)]
    [InlineData(401, "missing_permissions", ProviderFailure.KeyRefused)]
    [InlineData(401, "detected_unusual_activity", ProviderFailure.KeyRefused)]
    [InlineData(429, "too_many_concurrent_requests", ProviderFailure.RateLimited)]
    [InlineData(429, "system_busy", ProviderFailure.Busy)]
    [InlineData(400, "max_character_limit_exceeded", ProviderFailure.BadInput)]
    [InlineData(400, "voice_not_found", ProviderFailure.BadInput)]
    [InlineData(404, "voice_not_found", ProviderFailure.BadInput)]
    [InlineData(403, "only_for_creator+", ProviderFailure.QuotaExhausted)]
    [InlineData(400, "can_not_use_instant_voice_cloning", ProviderFailure.QuotaExhausted)]
    [InlineData(400, "voice_limit_reached", ProviderFailure.QuotaExhausted)]
    [InlineData(403, "content_against_policy", ProviderFailure.ContentRefused)]
    public async Task A_status_in_the_body_decides(int http, string status, ProviderFailure failure)
    {
        var body = $$$"""{"detail":{"status":"{{{status}}}","message":"You sent {{{Key}}}."}}""";
        var failed = await FailAsync(Answers.Json(body, http, ("Retry-After", "7")));
        failed.Failure.ShouldBe(failure);
        failed.RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData(422, "validation_error", "invalid_parameters", "invalid_parameters", ProviderFailure.BadInput)]
    [InlineData(429, "rate_limit_error", "rate_limit_exceeded", "", ProviderFailure.RateLimited)]
    [InlineData(429, "rate_limit_error", "concurrent_limit_exceeded", "", ProviderFailure.RateLimited)]
    [InlineData(
        400,
        "payment_required",
        "paid_plan_required",
        "can_not_use_instant_voice_cloning",
        ProviderFailure.QuotaExhausted
    )]
    public async Task A_code_in_the_body_decides(
        int http,
        string type,
        string code,
        string status,
        ProviderFailure failure
    )
    {
        var body = $$$"""
            {"detail":{"type":"{{{type}}}","code":"{{{code}}}","message":"No, {{{Key}}}.","status":"{{{status}}}",
            "request_id":"3c807fc4c3a1705f9638ecc764a91c01","param":"keyterms"}}
            """;
        (await FailAsync(Answers.Json(body, http))).Failure.ShouldBe(failure);
    }

    [Theory]
    [InlineData(422, """{"detail":[{"loc":["body","text"],"msg":"field required","type":"value_error.missing"}]}""")]
    [InlineData(400, """{"detail":"Not like this."}""")]
    [InlineData(400, """{"detail":{"status":"something_new","message":"?"}}""")]
    [InlineData(400, """{"detail":{"status":17}}""")]
    [InlineData(400, "[]")]
    public async Task An_error_of_another_shape_means_what_its_status_says(int http, string body) =>
        (await FailAsync(Answers.Json(body, http))).Failure.ShouldBe(ProviderFailure.BadInput);
}
