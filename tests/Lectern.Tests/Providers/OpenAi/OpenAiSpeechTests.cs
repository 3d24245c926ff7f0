using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.OpenAi;

namespace Lectern.Tests.Providers.OpenAi;

/// <summary>https://github.com/openai/openai-openapi/blob/main/openapi.yaml, <c>POST /audio/speech</c>.</summary>
public sealed class OpenAiSpeechTests : VendorFaults, IDisposable
{
    private readonly VendorHttp _http = new();

    protected override string GoodType => "audio/wav";

    protected override byte[] GoodBody => OpenAiServers.Tone;

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Engine(vendor).SynthesizeAsync(new SpeechRequest("Hello.", "nova"), context, cancel);

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task What_is_sent_is_what_is_documented_and_no_more()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));

        var speech = await Engine(vendor.Url)
            .SynthesizeAsync(
                new SpeechRequest($"The {Pronunciation.Mark("Thames", "tɛmz")}.", "nova", 1.25),
                Context(),
                Token
            );

        speech.Audio.Rate.ShouldBe(24_000);
        speech.Audio.Duration.TotalSeconds.ShouldBe(0.5, 0.001);
        var asked = vendor.Requests.ShouldHaveSingleItem();
        asked.Method.ShouldBe("POST");
        asked.Path.ShouldBe("/audio/speech");
        asked.Headers["Authorization"].ShouldBe("Bearer " + Key);
        asked.Headers["Content-Type"].ShouldBe("application/json");
        asked.Text.ShouldBe(
            """{"model":"gpt-4o-mini-tts","input":"The Thames.","voice":"nova","response_format":"wav","speed":1.25}"""
        );
    }

    [Fact]
    public async Task The_natural_pace_is_not_asked_for()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        await AskAsync(vendor.Url, Context(), Token);
        vendor.Requests.ShouldHaveSingleItem().Json().TryGetProperty("speed", out _).ShouldBeFalse();
    }

    /// <summary>OpenAI writes the header before it knows the length, as do Kokoro-FastAPI and Speaches with ffmpeg.</summary>
    [Fact]
    public async Task A_header_of_open_length_is_read_to_the_end()
    {
        byte[] open = [.. GoodBody];
        open.AsSpan(4, 4).Fill(0xFF);
        open.AsSpan(40, 4).Fill(0xFF);
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, "application/octet-stream", open));

        var speech = await Engine(vendor.Url).SynthesizeAsync(new SpeechRequest("Hello.", "nova"), Context(), Token);

        speech.Audio.Samples.Length.ShouldBe(12_000);
    }

    [Fact]
    public async Task Half_a_file_is_no_answer() =>
        (await FailAsync(Answers.Half(GoodType, GoodBody))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    [Theory]
    [InlineData(4_097, 1)]
    [InlineData(10, 0.2)]
    [InlineData(10, 4.1)]
    [InlineData(10, double.NaN)]
    public async Task What_is_beyond_the_documented_limits_is_not_sent(int length, double speed)
    {
        await using var vendor = await FakeVendor.StartAsync();
        var request = new SpeechRequest(new string('a', length), "nova", speed);

        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Engine(vendor.Url).SynthesizeAsync(request, Context(), Token)
        );

        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_that_fits_into_no_header_is_not_sent_and_not_shown()
    {
        await using var vendor = await FakeVendor.StartAsync();

        var failed = await Should.ThrowAsync<ProviderException>(() =>
            AskAsync(vendor.Url, new CallContext(Key + "\r\nX-Evil: 1", Guid.NewGuid()), Token)
        );

        failed.Failure.ShouldBe(ProviderFailure.KeyRefused);
        failed.ToString().ShouldNotContain(Key);
        vendor.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off_at_a_size()
    {
        var failed = await FailAsync(async context =>
        {
            context.Response.ContentType = GoodType;
            var block = new byte[1024 * 1024];
            while (true)
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
        });
        failed.Failure.ShouldBe(ProviderFailure.BadAnswer);
    }

    /// <summary>What <c>SocketsHttpHandler</c> throws when its time for connecting is over: nobody has cancelled.</summary>
    [Fact]
    public async Task A_connection_that_takes_too_long_to_open_is_an_outage()
    {
        using var http = new VendorHttp(new SlowToConnect());
        var engine = new OpenAiSpeech(
            OpenAiServers.OpenAi(new Uri("http://openai.invalid/v1/")),
            http,
            OpenAiServers.Audio
        );

        var failed = await Should.ThrowAsync<ProviderException>(() =>
            engine.SynthesizeAsync(new SpeechRequest("Hello.", "nova"), Context(), Token)
        );

        failed.Failure.ShouldBe(ProviderFailure.Outage);
    }

    /// <summary>https://github.com/openai/openai-python/blob/main/src/openai/_base_client.py: it comes before Retry-After.</summary>
    [Fact]
    public async Task Milliseconds_are_read_where_they_are_given()
    {
        var failed = await FailAsync(Answers.Status(429, ("retry-after-ms", "1500"), ("Retry-After", "2")));
        failed.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1.5));
    }

    /// <summary>
    /// https://developers.openai.com/docs/guides/error-codes for what there is; the bodies as people report them, e.g.
    /// https://github.com/alexrudall/ruby-openai/issues/501, https://github.com/home-assistant/core/issues/120072,
    /// https://github.com/OpenHands/OpenHands/issues/2562, https://github.com/openai/codex/issues/1000.
    /// </summary>
    public static TheoryData<int, string, string, ProviderFailure> Errors =>
        new()
        {
            { 401, "invalid_request_error", "invalid_api_key", ProviderFailure.KeyRefused },
            { 401, "invalid_request_error", "no_organization", ProviderFailure.KeyRefused },
            { 401, "invalid_request_error", "mismatched_organization", ProviderFailure.KeyRefused },
            { 401, "invalid_request_error", "ip_not_authorized", ProviderFailure.KeyRefused },
            { 403, "request_forbidden", "unsupported_country_region_territory", ProviderFailure.KeyRefused },
            { 404, "invalid_request_error", "model_not_found", ProviderFailure.BadInput },
            { 403, "invalid_request_error", "model_not_found", ProviderFailure.BadInput },
            { 400, "invalid_request_error", "context_length_exceeded", ProviderFailure.BadInput },
            { 400, "invalid_request_error", "string_above_max_length", ProviderFailure.BadInput },
            { 400, "invalid_request_error", "invalid_value", ProviderFailure.BadInput },
            { 400, "image_generation_user_error", "moderation_blocked", ProviderFailure.ContentRefused },
            { 400, "invalid_request_error", "content_policy_violation", ProviderFailure.ContentRefused },
            { 400, "invalid_request_error", "billing_hard_limit_reached", ProviderFailure.QuotaExhausted },
            { 429, "insufficient_quota", "insufficient_quota", ProviderFailure.QuotaExhausted },
            { 429, "insufficient_quota", "credit_balance_exhausted", ProviderFailure.QuotaExhausted },
            { 429, "insufficient_quota", "organization_spend_limit_exceeded", ProviderFailure.QuotaExhausted },
            { 429, "insufficient_quota", "project_spend_limit_exceeded", ProviderFailure.QuotaExhausted },
            { 429, "insufficient_quota", "organization_usage_limit_exceeded", ProviderFailure.QuotaExhausted },
            { 429, "requests", "rate_limit_exceeded", ProviderFailure.RateLimited },
            { 429, "tokens", "rate_limit_exceeded", ProviderFailure.RateLimited },
            { 429, "rate_limit_error", "slow_down", ProviderFailure.RateLimited },
            { 503, "service_unavailable_error", "server_is_overloaded", ProviderFailure.Busy },
            { 503, "server_error", "slow_down", ProviderFailure.RateLimited },
            { 500, "server_error", "server_error", ProviderFailure.Outage },
            { 413, "invalid_request_error", "request_too_large", ProviderFailure.BadInput },
            // Gateways send errors as successes.
            { 200, "insufficient_quota", "insufficient_quota", ProviderFailure.QuotaExhausted },
            { 200, "requests", "rate_limit_exceeded", ProviderFailure.RateLimited },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task A_code_in_the_body_says_more_than_the_status(
        int status,
        string type,
        string code,
        ProviderFailure failure
    )
    {
        var body = $$"""
            {
                "error": {
                    "message": "Something about {{Key}}.",
                    "type": "{{type}}",
                    "param": null,
                    "code": "{{code}}"
                }
            }
            """;

        var failed = await FailAsync(Answers.Json(body, status, ("Retry-After", "20")));

        failed.Failure.ShouldBe(failure);
        failed.RetryAfter.ShouldBe(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task The_type_decides_where_there_is_no_code() =>
        (
            await FailAsync(
                Answers.Json("""{"error":{"message":"x","type":"insufficient_quota","param":null,"code":null}}""", 429)
            )
        ).Failure.ShouldBe(ProviderFailure.QuotaExhausted);

    /// <summary>https://github.com/openclaw/openclaw/issues/56658.</summary>
    [Fact]
    public async Task A_key_that_is_limited_to_other_things_is_told_apart()
    {
        var failed = await FailAsync(
            Answers.Json(
                """
                {"error":{"message":"You have insufficient permissions for this operation. Missing scopes: model.request.",
                "type":"invalid_request_error","param":null,"code":null}}
                """,
                401
            )
        );
        failed.Failure.ShouldBe(ProviderFailure.KeyRefused);
        failed.Message.ShouldContain("limited");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[1,2]")]
    [InlineData("null")]
    [InlineData("\"error\"")]
    [InlineData("""{"error":"nothing"}""")]
    [InlineData("""{"error":{"code":["a"],"details":[null,1,{"violations":{}}],"type":{}}}""")]
    [InlineData("""{"error":{"code":"\ud800","details":[{"retryDelay":"1e99s"}]}}""")]
    [InlineData("""{"detail":[{"type":3},null]}""")]
    public async Task A_body_of_any_shape_leaves_it_to_the_status(string body) =>
        (await FailAsync(Answers.Json(body, 500))).Failure.ShouldBe(ProviderFailure.Outage);

    private OpenAiSpeech Engine(Uri vendor) => new(OpenAiServers.OpenAi(vendor), _http, OpenAiServers.Audio);

    private sealed class SlowToConnect : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => throw new TaskCanceledException("No connection in time.", new TimeoutException());
    }
}
