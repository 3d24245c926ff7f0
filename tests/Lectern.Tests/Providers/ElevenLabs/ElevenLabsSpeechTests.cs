using System.Globalization;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.Providers.ElevenLabs;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Providers.ElevenLabs;

/// <summary>https://elevenlabs.io/docs/api-reference/text-to-speech/convert-with-timestamps</summary>
public class ElevenLabsSpeechTests : ElevenLabsErrors
{
    private const string George = "JBFqnCBsd6RMkjVDRZzb";
    private const string Text = "Yes, we can.";

    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => ElevenLabsVendor.Spoken(Text, 1.2);

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        new ElevenLabsSpeech(ElevenLabsVendor.At(vendor), ElevenLabsVendor.Http).SynthesizeAsync(
            new SpeechRequest(Text, George),
            context,
            cancel
        );

    [Fact]
    public async Task The_request_is_the_one_that_is_documented()
    {
        var (_, request) = await SpeakAsync(new SpeechRequest(Text, George));

        (request.Method + " " + request.Path).ShouldBe(
            $"POST /text-to-speech/{George}/with-timestamps?output_format=pcm_24000"
        );
        request.Headers["xi-api-key"].ShouldBe(Key);
        request.Headers["Content-Type"].ShouldBe("application/json");
        request.Headers["Content-Length"].ShouldBe(request.Body.Length.ToString(CultureInfo.InvariantCulture));
        request.Headers.ContainsKey("Authorization").ShouldBeFalse();
        request.Text.ShouldBe($$"""{"text":"{{Text}}","model_id":"eleven_multilingual_v2"}""");
    }

    [Fact]
    public async Task The_audio_comes_with_its_words_and_what_was_counted()
    {
        var (speech, _) = await SpeakAsync(new SpeechRequest(Text, George));

        speech.Audio.Rate.ShouldBe(24_000);
        speech.Audio.Duration.TotalSeconds.ShouldBe(1.2, 0.001);
        speech
            .Words.Select(word => (word.Text, word.Start.TotalSeconds, word.End.TotalSeconds))
            .ShouldBe([("Yes,", 0, 0.4), ("we", 0.5, 0.7), ("can.", 0.8, 1.2)]);
        speech.Units.ShouldBe(12);
    }

    [Fact]
    public async Task The_pace_is_a_setting_of_the_voice()
    {
        var (_, request) = await SpeakAsync(new SpeechRequest(Text, George, 1.2));
        JsonNode.Parse(request.Text)!["voice_settings"]!.ToJsonString().ShouldBe("""{"speed":1.2}""");
    }

    [Theory]
    [InlineData("eleven_multilingual_v2", null)]
    [InlineData("eleven_flash_v2_5", "pt")]
    [InlineData("eleven_v3", "pt")]
    public async Task The_language_is_told_to_models_that_take_it(string model, string? told)
    {
        var (_, request) = await SpeakAsync(new SpeechRequest(Text, George) { Language = "pt-BR" }, model);
        ((string?)JsonNode.Parse(request.Text)!["language_code"]).ShouldBe(told);
    }

    [Fact]
    public async Task A_pronunciation_is_a_tag_that_no_text_can_break_out_of()
    {
        var text = $"Say {Pronunciation.Mark("\"nginx\"", "ˈɛndʒɪnˈɛks\"><x")} now.";
        var (_, request) = await SpeakAsync(new SpeechRequest(text, George), "eleven_flash_v2");
        ((string?)JsonNode.Parse(request.Text)!["text"]).ShouldBe(
            "Say <phoneme alphabet=\"ipa\" ph=\"ˈɛndʒɪnˈɛksx\">nginx</phoneme> now."
        );
    }

    [Fact]
    public async Task A_pronunciation_is_left_out_for_models_that_would_drop_the_word()
    {
        var text = $"Say {Pronunciation.Mark("nginx", "ˈɛndʒɪnˈɛks")} now.";
        var (_, request) = await SpeakAsync(new SpeechRequest(text, George));
        ((string?)JsonNode.Parse(request.Text)!["text"]).ShouldBe("Say nginx now.");
    }

    [Fact]
    public async Task The_tags_of_pronunciations_are_no_words()
    {
        const string tagged = "Say <phoneme alphabet=\"ipa\" ph=\"x\">nginx</phoneme> if 1 < 2.";
        var (speech, _) = await SpeakAsync(
            new SpeechRequest(Text, George),
            answer: ElevenLabsVendor.Spoken(tagged, tagged.Length / 10.0)
        );
        speech.Words.Select(word => word.Text).ShouldBe(["Say", "nginx", "if", "1", "<", "2."]);
    }

    [Fact]
    public async Task Samples_that_end_before_their_words_are_not_believed()
    {
        const string text = "A sentence that is long enough to be cut in half.";
        var failed = await FailAsync(Answers.Bytes(200, GoodType, ElevenLabsVendor.Spoken(text, 2.5)));
        failed.Failure.ShouldBe(ProviderFailure.BadAnswer);
    }

    [Theory]
    [InlineData("""{"audio_base64":"AAAA"}""")] // one and a half samples
    [InlineData("""{"audio_base64":"AAA"}""")]
    [InlineData("""{"audio_base64":""}""")]
    [InlineData("""{"audio_base64":null,"alignment":null}""")]
    [InlineData(
        """{"audio_base64":"AAAAAA==","alignment":{"characters":["a"],"character_start_times_seconds":[],"character_end_times_seconds":[1]}}"""
    )]
    [InlineData(
        """{"audio_base64":"AAAAAA==","alignment":{"characters":["a"],"character_start_times_seconds":[-1],"character_end_times_seconds":[1e300]}}"""
    )]
    public async Task Audio_and_times_that_are_none_are_not_believed(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    [Fact]
    public async Task Half_a_character_is_no_reason_to_fail()
    {
        var (_, request) = await SpeakAsync(new SpeechRequest("a\uD800b\u0000c", George));
        ((string?)JsonNode.Parse(request.Text)!["text"]).ShouldBe("a\uFFFDb\u0000c");
    }

    [Fact]
    public async Task Without_times_there_are_no_words()
    {
        var (speech, _) = await SpeakAsync(
            new SpeechRequest(Text, George),
            answer: """{"audio_base64":"AAAAAA==","alignment":null}"""u8.ToArray()
        );
        speech.Words.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../user")]
    [InlineData("..")]
    [InlineData("a/b?c=d")]
    [InlineData("")]
    public async Task A_voice_that_is_no_id_never_gets_into_a_path(string voice)
    {
        await using var vendor = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            new ElevenLabsSpeech(ElevenLabsVendor.At(vendor.Url), ElevenLabsVendor.Http).SynthesizeAsync(
                new SpeechRequest(Text, voice),
                Context(),
                Token
            )
        );
        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_key_nothing_is_asked()
    {
        await using var vendor = await FakeVendor.StartAsync();
        var engine = new ElevenLabsSpeech(ElevenLabsVendor.At(vendor.Url), ElevenLabsVendor.Http);

        var failed = await Should.ThrowAsync<ProviderException>(() =>
            engine.SynthesizeAsync(new SpeechRequest(Text, George), CallContext.WithoutKey(Guid.NewGuid()), Token)
        );
        var inspection = await engine.InspectAsync(null, Token);

        failed.Failure.ShouldBe(ProviderFailure.KeyRefused);
        inspection.Unavailable!.ShouldContain("Lectern__Providers__ElevenLabsKey");
        inspection.Voices.Count.ShouldBe(20);
        inspection.Voices.ShouldContain(voice => voice.Name == "George" && voice.Language == "en-GB");
        inspection.Models[0].Id.ShouldBe("eleven_multilingual_v2");
        vendor.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("eleven_multilingual_v2", 10_000, false)]
    [InlineData("eleven_flash_v2", 30_000, true)]
    [InlineData("a_model_of_tomorrow", 3_000, false)]
    public void The_limits_are_those_of_the_model(string model, int characters, bool ipa)
    {
        var limits = new ElevenLabsSpeech(
            ElevenLabsVendor.At(new Uri("http://localhost/"), model),
            ElevenLabsVendor.Http
        ).Limits;
        (limits.MaxCharacters, limits.TakesIpa, limits.MinSpeed, limits.MaxSpeed).ShouldBe((characters, ipa, 0.7, 1.2));
    }

    // GetVoicesV2Response, https://elevenlabs.io/docs/api-reference/voices/search
    [Fact]
    public async Task Voices_are_listed_page_by_page()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.InTurn(
                Answers.Json(
                    """
                    {"voices":[
                      {"voice_id":"EXAVITQu4vr4xnSDxMaL","name":"Sarah","category":"premade","description":null,
                       "labels":{"accent":"american","descriptive":"professional","age":"young","gender":"female",
                                 "language":"en","use_case":"entertainment_tv"}},
                      {"voice_id":"exavitqu4vr4xnsdxmal","name":"Other","category":"professional",
                       "description":"Reads old letters.","labels":{}},
                      null, {"voice_id":"","name":"?"}, {"name":"?"},
                      {"voice_id":"c1","name":"6f1f0a2c","category":"cloned","labels":null}],
                     "has_more":true,"total_count":4,"next_page_token":"a+b"}
                    """
                ),
                Answers.Json(
                    """
                    {"voices":[
                      {"voice_id":"EXAVITQu4vr4xnSDxMaL","name":"Sarah","category":"premade","labels":{"gender":"female"}},
                      {"voice_id":"v4","name":"Marie","category":"generated","labels":{"gender":"female","language":"fr"}}],
                     "has_more":false,"total_count":4,"next_page_token":null}
                    """
                )
            )
        );

        var inspection = await InspectAsync(vendor);

        inspection.Unavailable.ShouldBeNull();
        inspection.Version.ShouldBe("elevenlabs-eleven_multilingual_v2");
        inspection.Voices.Select(v => v.Name).ShouldBe(["Sarah", "Other", "Marie"], ignoreOrder: true);
        inspection.Voices.Select(v => v.Id).ShouldBeUnique();
        inspection.Voices.ShouldAllBe(v => VoiceCatalogue.EngineOf(v.Id) == "elevenlabs" && v.SampleRate == 24_000);
        var other = inspection.Voices.Single(v => v.Name == "Other");
        (other.Class, other.Language, other.Description).ShouldBe(("premium", "mul", "Reads old letters."));
        inspection.Voices.Single(v => v.Name == "Marie").Language.ShouldBe("fr");
        vendor
            .Requests.Select(r => r.Path)
            .ShouldBe(["/v2/voices?page_size=100", "/v2/voices?page_size=100&next_page_token=a%2Bb"]);
        vendor.Requests.ShouldAllBe(r => r.Headers["xi-api-key"] == Key);
    }

    [Fact]
    public async Task A_label_becomes_a_sentence()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json(
                """
                {"voices":[{"voice_id":"v1","name":" Ann ","category":"premade",
                "labels":{"accent":"british","descriptive":"warm","gender":"female","language":"en","use_case":"narrative_story"}}],
                "has_more":false}
                """
            )
        );
        var voice = (await InspectAsync(vendor)).Voices.ShouldHaveSingleItem();
        voice.ShouldBe(
            new EngineVoice(
                "elevenlabs-v1",
                "Ann",
                "v1",
                "en-GB",
                VoiceGender.Female,
                "A voice (warm, British) for narrative story.",
                24_000
            )
        );
    }

    [Fact]
    public async Task A_list_without_end_ends()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json("""{"voices":[],"has_more":true,"next_page_token":"again"}""")
        );
        (await InspectAsync(vendor)).IsAvailable.ShouldBeTrue();
        vendor.Requests.Count.ShouldBe(50);
    }

    [Fact]
    public async Task A_refused_key_is_told_with_what_to_do_and_the_voices_that_are_known()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json($$$"""{"detail":{"status":"invalid_api_key","message":"Invalid API key {{{Key}}}"}}""", 401)
        );
        var inspection = await InspectAsync(vendor);
        inspection.Unavailable!.ShouldContain("refuses the key");
        inspection.Unavailable!.ShouldNotContain(Key);
        inspection.Voices.Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_key_that_may_only_speak_speaks_with_the_voices_that_everyone_has()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json(
                """{"detail":{"status":"missing_permissions","message":"The API key you used is missing the permission voices_read"}}""",
                401
            )
        );
        var inspection = await InspectAsync(vendor);
        inspection.IsAvailable.ShouldBeTrue();
        inspection.Voices.Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_vendor_that_is_down_leaves_what_was_known()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Status(503));
        (await Should.ThrowAsync<ProviderException>(() => InspectAsync(vendor))).Failure.ShouldBe(ProviderFailure.Busy);
    }

    private static Task<EngineInspection> InspectAsync(FakeVendor vendor) =>
        new ElevenLabsSpeech(ElevenLabsVendor.At(vendor.Url), ElevenLabsVendor.Http).InspectAsync(Key, Token);

    private async Task<(Speech, VendorRequest)> SpeakAsync(
        SpeechRequest request,
        string? model = null,
        byte[]? answer = null
    )
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Bytes(200, GoodType, answer ?? GoodBody, ("character-cost", "12"))
        );
        var engine = new ElevenLabsSpeech(ElevenLabsVendor.At(vendor.Url, model), ElevenLabsVendor.Http);
        var speech = await engine.SynthesizeAsync(request, Context(), Token);
        return (speech, vendor.Requests.ShouldHaveSingleItem());
    }
}
