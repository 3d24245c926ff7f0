using System.Text;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.OpenAi;

namespace Lectern.Tests.Providers.OpenAi;

/// <summary>
/// https://ai.google.dev/gemini-api/docs/openai; errors: https://ai.google.dev/gemini-api/docs/troubleshooting. That they
/// come in an array: https://github.com/n4ze3m/page-assist/issues/406.
/// </summary>
public sealed class GeminiTests : VendorFaults, IDisposable
{
    private const string Good = """{"texts":[{"number":1,"text":"Guten Morgen."}]}""";

    private readonly VendorHttp _http = new();

    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(OpenAiServers.Chat(Good));

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Engine(vendor).TranslateAsync(new TranslationRequest(["Good morning."], "en", "de"), context, cancel);

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Its_compatible_endpoint_is_asked_with_its_own_key()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));

        await AskAsync(new Uri(vendor.Url, "v1beta"), Context(), Token);

        var asked = vendor.Requests.ShouldHaveSingleItem();
        asked.Path.ShouldBe("/v1beta/openai/chat/completions");
        asked.Headers["Authorization"].ShouldBe("Bearer " + Key);
        asked.Json().GetProperty("model").GetString().ShouldBe("gemini-2.5-flash");
    }

    public static TheoryData<int, string, string, ProviderFailure> Errors =>
        new()
        {
            { 400, "INVALID_ARGUMENT", "[]", ProviderFailure.BadInput },
            {
                400,
                "INVALID_ARGUMENT",
                """[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]""",
                ProviderFailure.KeyRefused
            },
            { 400, "FAILED_PRECONDITION", "[]", ProviderFailure.KeyRefused },
            { 401, "UNAUTHENTICATED", "[]", ProviderFailure.KeyRefused },
            { 403, "PERMISSION_DENIED", "[]", ProviderFailure.KeyRefused },
            { 404, "NOT_FOUND", "[]", ProviderFailure.BadInput },
            { 429, "RESOURCE_EXHAUSTED", "[]", ProviderFailure.RateLimited },
            {
                429,
                "RESOURCE_EXHAUSTED",
                """[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"20"}]}]""",
                ProviderFailure.QuotaExhausted
            },
            { 500, "INTERNAL", "[]", ProviderFailure.Outage },
            { 503, "UNAVAILABLE", "[]", ProviderFailure.Busy },
            { 504, "DEADLINE_EXCEEDED", "[]", ProviderFailure.UnknownOutcome },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Its_errors_are_understood_in_an_array_and_without(
        int status,
        string code,
        string details,
        ProviderFailure failure
    )
    {
        var error =
            $$$"""{"error":{"code":{{{status}}},"message":"About {{{Key}}}.","status":"{{{code}}}","details":{{{details}}}}}""";
        (await FailAsync(Answers.Json(error, status))).Failure.ShouldBe(failure);
        (await FailAsync(Answers.Json($"[{error}\n]", status))).Failure.ShouldBe(failure);
    }

    /// <summary>The details as in https://github.com/RooCodeInc/Roo-Code/issues/3883.</summary>
    [Fact]
    public async Task When_to_come_back_stands_in_the_body()
    {
        var failed = await FailAsync(
            Answers.Json(
                """
                [{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[
                {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[
                {"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_input_token_count",
                "quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaValue":"250000"}]},
                {"@type":"type.googleapis.com/google.rpc.Help","links":[{"url":"https://ai.google.dev/gemini-api/docs/rate-limits"}]},
                {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"26.5s"}]}}]
                """,
                429
            )
        );
        failed.Failure.ShouldBe(ProviderFailure.RateLimited);
        failed.RetryAfter.ShouldBe(TimeSpan.FromSeconds(26.5));
    }

    [Fact]
    public async Task A_wrong_key_is_found_out_though_it_is_called_a_bad_request()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json(
                """[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]""",
                400
            )
        );
        (await Engine(vendor.Url).InspectAsync(Key, Token)).Unavailable.ShouldBe(
            "Google Gemini refuses the key. Set Lectern__Providers__GeminiKey and restart, or add one to the workspace's vault."
        );
        vendor.Requests.ShouldHaveSingleItem().Path.ShouldBe("/openai/models");
    }

    private OpenAiTranslator Engine(Uri vendor) => new(OpenAiServers.Gemini(vendor), _http);
}
