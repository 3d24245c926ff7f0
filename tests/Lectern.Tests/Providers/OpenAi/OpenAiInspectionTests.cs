using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.OpenAi;

namespace Lectern.Tests.Providers.OpenAi;

/// <summary>https://platform.openai.com/docs/api-reference/models/list.</summary>
public sealed class OpenAiInspectionTests : IDisposable
{
    private const string Key = "sk-canary-7f1d9c2ab34e";

    private const string Models = """
        {"object":"list","data":[{"id":"gpt-4o-mini-tts","object":"model","created":1742403959,"owned_by":"system"}]}
        """;

    private readonly VendorHttp _http = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Without_a_key_nothing_is_asked_and_what_is_known_is_listed()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Models));

        foreach (var engine in Engines(vendor.Url))
        {
            var inspection = await engine.InspectAsync(null, Token);
            inspection.Unavailable.ShouldBe(
                "There is no key of OpenAI. Set Lectern__Providers__OpenAiKey and restart, or add one to the workspace's vault."
            );
            inspection.Version.ShouldBeNull();
            inspection.Models.ShouldNotBeEmpty();
            inspection.Voices.Count.ShouldBe(engine.Ability == Ability.Speech ? 13 : 0);
        }
        vendor.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task With_a_key_the_models_are_listed_and_the_version_names_server_and_model()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Models));

        var inspection = await Engines(vendor.Url)[0].InspectAsync(Key, Token);

        inspection.IsAvailable.ShouldBeTrue();
        inspection.Version.ShouldBe("openai-gpt-4o-mini-tts");
        var asked = vendor.Requests.ShouldHaveSingleItem();
        asked.Method.ShouldBe("GET");
        asked.Path.ShouldBe("/models");
        asked.Headers["Authorization"].ShouldBe("Bearer " + Key);
        var nova = inspection.Voices.Single(voice => voice.Id == "openai-nova");
        nova.ShouldSatisfyAllConditions(
            () => nova.EngineName.ShouldBe("nova"),
            () => nova.Language.ShouldBe(EngineVoice.ManyLanguages),
            () => nova.Gender.ShouldBe(VoiceGender.Neutral),
            () => nova.SampleRate.ShouldBe(24_000)
        );
    }

    /// <summary>https://platform.openai.com/docs/guides/text-to-speech#voice-options.</summary>
    [Fact]
    public async Task The_older_models_have_fewer_voices()
    {
        var server = OpenAiServers.OpenAi(new Uri("http://openai.invalid/"), s => s.OpenAiSpeechModel = "tts-1-hd");
        var voices = (await new OpenAiSpeech(server, _http, OpenAiServers.Audio).InspectAsync(null, Token)).Voices;
        voices.Count.ShouldBe(9);
        voices.ShouldNotContain(voice => voice.EngineName == "marin");
    }

    [Fact]
    public async Task A_refused_key_says_what_to_do_and_does_not_show_it()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json(
                $$$"""{"error":{"message":"Incorrect API key provided: {{{Key}}}.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""",
                401
            )
        );
        foreach (var engine in Engines(vendor.Url))
        {
            var inspection = await engine.InspectAsync(Key, Token);
            inspection.Unavailable.ShouldBe(
                "OpenAI refuses the key. Set Lectern__Providers__OpenAiKey and restart, or add one to the workspace's vault."
            );
            inspection.Models.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task A_key_that_may_not_list_models_is_good_all_the_same()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json(
                """{"error":{"message":"You have insufficient permissions for this operation. Missing scopes: api.model.read.","type":"invalid_request_error","param":null,"code":null}}""",
                403
            )
        );
        (await Engines(vendor.Url)[0].InspectAsync(Key, Token)).IsAvailable.ShouldBeTrue();
    }

    /// <summary>
    /// https://github.com/home-assistant/core/issues/120072; Gemini:
    /// https://ai.google.dev/gemini-api/docs/troubleshooting, FAILED_PRECONDITION.
    /// </summary>
    [Theory]
    [InlineData(
        403,
        """{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}"""
    )]
    [InlineData(
        400,
        """[{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}]"""
    )]
    public async Task A_region_that_is_not_served_is_not_blamed_on_the_key(int status, string body)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(body, status));
        (await Engines(vendor.Url)[0].InspectAsync(Key, Token)).Unavailable.ShouldBe(
            "OpenAI does not serve the region of this installation."
        );
    }

    [Theory]
    [InlineData(429, ProviderFailure.RateLimited)]
    [InlineData(500, ProviderFailure.Outage)]
    [InlineData(503, ProviderFailure.Busy)]
    public async Task A_server_that_can_not_be_asked_changes_nothing_that_is_known(int status, ProviderFailure failure)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Status(status));
        foreach (var engine in Engines(vendor.Url))
            (await Should.ThrowAsync<ProviderException>(() => engine.InspectAsync(Key, Token))).Failure.ShouldBe(
                failure
            );
    }

    [Fact]
    public async Task A_vendor_that_can_not_be_reached_changes_nothing_either()
    {
        Uri nobody;
        await using (var gone = await FakeVendor.StartAsync())
            nobody = gone.Url;
        (
            await Should.ThrowAsync<ProviderException>(() => Engines(nobody)[0].InspectAsync(Key, Token))
        ).Failure.ShouldBe(ProviderFailure.Outage);
    }

    [Fact]
    public async Task One_deadline_ends_it()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.HeadOnly("application/json"));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(TimeSpan.FromSeconds(1));
        await Should.ThrowAsync<OperationCanceledException>(() =>
            Engines(vendor.Url)[0].InspectAsync(Key, deadline.Token).WaitAsync(TimeSpan.FromSeconds(20), Token)
        );
    }

    private IReadOnlyList<IEngine> Engines(Uri url) =>
        [
            .. OpenAiEngines
                .All(new ProviderSettings { OpenAiUrl = url }, _http, OpenAiServers.Audio)
                .Where(engine => engine.Name == "openai"),
        ];
}
