using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.OpenAi;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Http;

namespace Lectern.Tests.Providers.OpenAi;

/// <summary>
/// Servers of the operator's own. Kokoro-FastAPI:
/// https://github.com/remsky/Kokoro-FastAPI/blob/master/api/src/routers/openai_compatible.py. Speaches:
/// https://github.com/speaches-ai/speaches/tree/master/src/speaches/routers.
/// </summary>
public sealed class CompatibleServerTests : VendorFaults, IDisposable
{
    private readonly VendorHttp _http = new();

    protected override string GoodType => "audio/wav";

    protected override byte[] GoodBody => OpenAiServers.Tone;

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Engine(vendor).SynthesizeAsync(new SpeechRequest("Hello.", "af_heart"), context, cancel);

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_server_that_wants_no_key_is_sent_none_and_is_told_not_to_stream()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));

        await AskAsync(new Uri(vendor.Url, "v1"), CallContext.WithoutKey(Guid.NewGuid()), Token);

        var asked = vendor.Requests.ShouldHaveSingleItem();
        asked.Path.ShouldBe("/v1/audio/speech");
        asked.Headers.Keys.ShouldNotContain("Authorization");
        asked.Text.ShouldBe(
            """{"model":"kokoro","input":"Hello.","voice":"af_heart","response_format":"wav","stream":false}"""
        );
    }

    [Fact]
    public async Task A_server_with_a_key_is_sent_it()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        await AskAsync(vendor.Url, Context(), Token);
        vendor.Requests.ShouldHaveSingleItem().Headers["Authorization"].ShouldBe("Bearer " + Key);
    }

    /// <summary>Kokoro-FastAPI lists objects since 0.3, and names before (and with <c>?legacy=true</c>).</summary>
    [Theory]
    [InlineData("""{"voices":[{"id":"af_heart","name":"af_heart"},{"id":"bm_george","name":"bm_george"}]}""")]
    [InlineData("""{"voices":["af_heart","bm_george"]}""")]
    [InlineData("""["af_heart","bm_george"]""")]
    public async Task The_voices_of_Kokoro_tell_their_language_and_gender_by_their_names(string list)
    {
        await using var vendor = await FakeVendor.StartAsync(Up(("GET /audio/voices", Answers.Json(list))));

        var inspection = await Engine(vendor.Url).InspectAsync(null, Token);

        inspection.Unavailable.ShouldBeNull();
        inspection.Version.ShouldBe("kokoro-kokoro");
        inspection.Models.ShouldHaveSingleItem().Id.ShouldBe("kokoro");
        var heart = inspection.Voices[0];
        heart.Id.ShouldBe("kokoro-af_heart");
        heart.EngineName.ShouldBe("af_heart");
        heart.Name.ShouldBe("Heart");
        heart.Language.ShouldBe("en-US");
        heart.Gender.ShouldBe(VoiceGender.Female);
        heart.SampleRate.ShouldBe(24_000);
        inspection.Voices[1].Language.ShouldBe("en-GB");
        inspection.Voices[1].Gender.ShouldBe(VoiceGender.Male);
        inspection.Voices.Count.ShouldBe(2);
        inspection.Voices.ShouldAllBe(voice => VoiceCatalogue.EngineOf(voice.Id) == "kokoro");
        vendor.Requests.ShouldAllBe(request => !request.Headers.ContainsKey("Authorization"));
    }

    /// <summary>src/speaches/routers/models.py, list_local_audio_voices.</summary>
    [Fact]
    public async Task The_voices_of_Speaches_state_their_language_and_gender()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Up(
                (
                    "GET /audio/voices",
                    Answers.Json(
                        """
                        {"voices":[{"name":"af_heart","language":"en-us","gender":"female","id":"af_heart"},
                        {"name":"pm_alex","language":"pt-br","gender":"male","id":"pm_alex"},
                        {"name":"amy","language":"en","id":"amy"}],"object":"list"}
                        """
                    )
                )
            )
        );

        var voices = (await Engine(vendor.Url).InspectAsync(null, Token)).Voices;

        voices.Select(voice => voice.Language).ShouldBe(["en-US", "pt-BR", "en"]);
        voices.Select(voice => voice.Gender).ShouldBe([VoiceGender.Female, VoiceGender.Male, VoiceGender.Neutral]);
    }

    /// <summary>src/speaches/executors/piper.py, PiperModel: only these belong to the model that is used.</summary>
    [Fact]
    public async Task Voices_in_the_list_of_models_go_before_those_of_all_models()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.ByPath(
                (
                    "GET /models",
                    Answers.Json(
                        """
                        {"data":[{"id":"other","object":"model","voices":[{"name":"no","language":"en","id":"no"}]},
                        {"id":"kokoro","object":"model","sample_rate":22050,"voices":[{"name":"amy","language":"en","id":"amy"}]}],
                        "object":"list"}
                        """
                    )
                ),
                ("GET /audio/voices", Answers.Json("""{"voices":["no","amy"]}"""))
            )
        );

        var voice = (await Engine(vendor.Url).InspectAsync(null, Token)).Voices.ShouldHaveSingleItem();

        voice.Id.ShouldBe("kokoro-amy");
        voice.SampleRate.ShouldBe(22_050);
    }

    [Fact]
    public async Task A_server_that_lists_no_voices_has_those_that_the_operator_named()
    {
        await using var vendor = await FakeVendor.StartAsync(Up());
        var server = OpenAiServers.Compatible("kokoro", vendor.Url, "anna", "anna", "../x", "ben");

        var voices = (await new OpenAiSpeech(server, _http, OpenAiServers.Audio).InspectAsync(null, Token)).Voices;

        voices.Select(voice => voice.EngineName).ShouldBe(["anna", "ben"]);
    }

    [Fact]
    public async Task Without_any_list_there_are_OpenAIs_names()
    {
        await using var vendor = await FakeVendor.StartAsync(Up());
        (await Engine(vendor.Url).InspectAsync(null, Token)).Voices.ShouldContain(v => v.Id == "kokoro-nova");
    }

    [Theory]
    [InlineData("""{"voices":{}}""")]
    [InlineData("""{"voices":[1,null,{},{"id":""},"a b","a\u0000b","a/b"]}""")]
    [InlineData("not json")]
    public async Task A_list_that_can_not_be_used_is_none(string list)
    {
        await using var vendor = await FakeVendor.StartAsync(Up(("GET /audio/voices", Answers.Json(list))));
        (await Engine(vendor.Url).InspectAsync(null, Token)).Voices.ShouldContain(v => v.Id == "kokoro-nova");
    }

    [Fact]
    public async Task A_server_that_is_not_running_says_to_start_it()
    {
        Uri nobody;
        await using (var gone = await FakeVendor.StartAsync())
            nobody = new UriBuilder(gone.Url) { UserName = "user", Password = "secret" }.Uri;

        var inspection = await Engine(nobody).InspectAsync(null, Token);

        inspection.Unavailable.ShouldBe(
            "The server Kokoro does not answer. Start it, or check Lectern__Providers__Compatible__kokoro__Url."
        );
        inspection.Version.ShouldBeNull();
        inspection.Models.ShouldNotBeEmpty();
        inspection.Voices.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_server_that_lists_no_models_is_there_all_the_same()
    {
        await using var vendor = await FakeVendor.StartAsync(); // 404 to all
        (await Engine(vendor.Url).InspectAsync(null, Token)).IsAvailable.ShouldBeTrue();
    }

    /// <summary>src/speaches/dependencies.py, verify_api_key.</summary>
    [Fact]
    public async Task A_server_that_refuses_the_key_says_where_to_set_it()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json("""{"detail":"Invalid API key. The provided API key is incorrect."}""", 403)
        );
        (await Engine(vendor.Url).InspectAsync(Key, Token)).Unavailable.ShouldBe(
            "Kokoro refuses the key. Set Lectern__Providers__Compatible__Kokoro__Key and restart."
        );
    }

    [Fact]
    public async Task Nothing_new_is_known_of_a_server_that_is_broken()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Status(500));
        (
            await Should.ThrowAsync<ProviderException>(() => Engine(vendor.Url).InspectAsync(null, Token))
        ).Failure.ShouldBe(ProviderFailure.Outage);
    }

    /// <summary>The bodies that the sources of both servers, and FastAPI for both, send.</summary>
    [Theory]
    [InlineData(
        400,
        """{"detail":{"error":"invalid_model","message":"Unsupported model: x","type":"invalid_request_error"}}""",
        ProviderFailure.BadInput
    )]
    [InlineData(
        400,
        """{"detail":{"error":"validation_error","message":"Voice 'x' not found.","type":"invalid_request_error"}}""",
        ProviderFailure.BadInput
    )]
    [InlineData(
        500,
        """{"detail":{"error":"processing_error","message":"CUDA error","type":"server_error"}}""",
        ProviderFailure.Outage
    )]
    [InlineData(404, """{"detail":"Model 'x' is not installed locally."}""", ProviderFailure.BadInput)]
    [InlineData(403, """{"detail":"API key required."}""", ProviderFailure.KeyRefused)]
    [InlineData(
        422,
        """{"detail":[{"type":"string_too_long","loc":["body","input"],"msg":"String should have at most 4096 characters"}]}""",
        ProviderFailure.BadInput
    )]
    // https://github.com/ollama/ollama/blob/main/openai/openai.go, NewError
    [InlineData(
        404,
        """{"error":{"message":"model 'x' not found","type":"not_found_error","param":null,"code":null}}""",
        ProviderFailure.BadInput
    )]
    // https://github.com/vllm-project/vllm: ErrorResponse, before and since it was put into "error"
    [InlineData(
        400,
        """{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}""",
        ProviderFailure.BadInput
    )]
    [InlineData(
        404,
        """{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":"model","code":404}}""",
        ProviderFailure.BadInput
    )]
    public async Task Their_errors_are_understood(int status, string body, ProviderFailure failure) =>
        (await FailAsync(Answers.Json(body, status))).Failure.ShouldBe(failure);

    [Fact]
    public void Each_ability_is_there_where_a_model_is_set_and_no_id_comes_twice()
    {
        var settings = new ProviderSettings();
        settings.Compatible["Kokoro"] = new CompatibleServerSettings
        {
            Url = new Uri("http://localhost:8880/v1"),
            SpeechModel = "kokoro",
        };
        settings.Compatible["ollama"] = new CompatibleServerSettings
        {
            Url = new Uri("http://localhost:11434/v1/"),
            ChatModel = "llama3.2",
            SpeechModel = " ",
        };

        var engines = OpenAiEngines.All(settings, _http, OpenAiServers.Audio).ToList();

        engines
            .Select(engine => $"{engine.Name} {engine.Ability}")
            .ShouldBe([
                "openai Speech",
                "openai Transcription",
                "openai Script",
                "openai Translation",
                "openai Image",
                "gemini Script",
                "gemini Translation",
                "kokoro Speech",
                "ollama Script",
                "ollama Translation",
            ]);
        engines.ShouldAllBe(engine => engine.Limits.IsRemote && engine.Limits.Concurrency > 0);
    }

    [Theory]
    [InlineData("my-server", "http://localhost/")] // the hyphen ends the engine's name in a voice's id
    [InlineData("openai", "http://localhost/")]
    [InlineData("Flite", "http://localhost/")]
    [InlineData("", "http://localhost/")]
    [InlineData("0", "http://localhost/")]
    [InlineData("kokoro", "ftp://localhost/")]
    [InlineData("kokoro", "/v1")]
    [InlineData("kokoro", null)]
    public void A_name_or_address_that_can_not_be_used_says_which_setting_it_is(string name, string? url)
    {
        var settings = new CompatibleServerSettings
        {
            Url = url is null ? null : new Uri(url, UriKind.RelativeOrAbsolute),
        };
        Should
            .Throw<InvalidOperationException>(() => OpenAiServer.Compatible(name, settings))
            .Message.ShouldStartWith($"Lectern:Providers:Compatible:{name}");
    }

    private OpenAiSpeech Engine(Uri url) => new(OpenAiServers.Compatible("Kokoro", url), _http, OpenAiServers.Audio);

    private static RequestDelegate Up(params (string Start, RequestDelegate Answer)[] more) =>
        Answers.ByPath([
            (
                "GET /models",
                Answers.Json("""{"object":"list","data":[{"id":"kokoro","object":"model","owned_by":"kokoro"}]}""")
            ),
            .. more,
        ]);
}
