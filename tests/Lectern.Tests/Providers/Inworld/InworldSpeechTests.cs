using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.Inworld;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Jobs.Audio;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Providers.Inworld;

/// <summary>
/// https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/synthesize-speech and
/// https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/list-voices
/// </summary>
public class InworldSpeechTests : VendorFaults
{
    private const string Text = "Hello, world!";

    // Newer models also give what stands between the words.
    private static readonly string[] Words = ["Hello,", " ", "world!", "…"];

    private static readonly VendorHttp Http = new();

    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => Voiced(Wav.Write(Sound.Tone(1.2, 8_000, 24_000)), 1.1);

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Engine(vendor).SynthesizeAsync(new SpeechRequest(Text, "Dennis"), context, cancel);

    [Fact]
    public async Task The_request_is_the_one_that_is_documented()
    {
        var (_, request) = await SpeakAsync(new SpeechRequest(Text, "Dennis"));

        (request.Method + " " + request.Path).ShouldBe("POST /tts/v1/voice");
        request.Headers["Authorization"].ShouldBe("Basic " + Key);
        request.Headers["Content-Type"].ShouldBe("application/json");
        request.Text.ShouldBe(
            $$"""{"text":"{{Text}}","voiceId":"Dennis","modelId":"inworld-tts-1","audioConfig":{"audioEncoding":"LINEAR16","sampleRateHertz":24000},"timestampType":"WORD"}"""
        );
    }

    [Fact]
    public async Task The_audio_comes_with_its_words_and_what_was_counted()
    {
        var (speech, _) = await SpeakAsync(new SpeechRequest(Text, "Dennis"));
        speech.Audio.Rate.ShouldBe(24_000);
        speech.Audio.Duration.TotalSeconds.ShouldBe(1.2, 0.001);
        speech
            .Words.Select(word => (word.Text, word.Start.TotalSeconds, word.End.TotalSeconds))
            .ShouldBe([("Hello,", 0, 0.51), ("world!", 0.6, 1.1)]);
        speech.Units.ShouldBe(13);
    }

    [Fact]
    public async Task The_pace_is_a_part_of_the_audios_settings()
    {
        var (_, request) = await SpeakAsync(new SpeechRequest(Text, "Dennis", 1.5));
        ((double?)JsonNode.Parse(request.Text)!["audioConfig"]!["speakingRate"]).ShouldBe(1.5);
    }

    // https://docs.inworld.ai/tts/capabilities/custom-pronunciation: English phonemes, one word, between slashes
    [Theory]
    [InlineData(null, "Fly to /kriːt/ now.")]
    [InlineData("en-GB", "Fly to /kriːt/ now.")]
    [InlineData("de", "Fly to Crete now.")]
    public async Task A_pronunciation_stands_for_its_word_in_English(string? language, string said)
    {
        var text = $"Fly to {Pronunciation.Mark("Crete", "/kriːt/")} now.";
        var (_, request) = await SpeakAsync(new SpeechRequest(text, "Dennis") { Language = language });
        ((string?)JsonNode.Parse(request.Text)!["text"]).ShouldBe(said);
    }

    [Fact]
    public async Task A_file_that_is_cut_in_half_is_not_believed()
    {
        var wav = Wav.Write(Sound.Tone(1.2, 8_000, 24_000));
        (await FailAsync(Answers.Bytes(200, GoodType, Voiced(wav[..(wav.Length / 2)], 1.1)))).Failure.ShouldBe(
            ProviderFailure.BadAnswer
        );
    }

    [Fact]
    public async Task A_whole_file_that_ends_before_its_words_is_not_believed()
    {
        var half = Wav.Write(Sound.Tone(0.5, 8_000, 24_000));
        (await FailAsync(Answers.Bytes(200, GoodType, Voiced(half, 1.1)))).Failure.ShouldBe(ProviderFailure.BadAnswer);
    }

    [Theory]
    [InlineData("""{"audioContent":"UklGRiRQAQBXQVZF"}""")]
    [InlineData("""{"audioContent":"?"}""")]
    [InlineData("""{"audioContent":""}""")]
    [InlineData("""{"usage":{"processedCharactersCount":13}}""")]
    public async Task Audio_that_is_none_is_not_believed(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    // {"code","message","details"}: the schema rpcStatus of its OpenAPI document. The codes:
    // https://grpc.io/docs/guides/status-codes/
    [Theory]
    [InlineData(400, 3, ProviderFailure.BadInput)]
    [InlineData(404, 5, ProviderFailure.BadInput)]
    [InlineData(403, 7, ProviderFailure.KeyRefused)]
    [InlineData(429, 8, ProviderFailure.RateLimited)]
    [InlineData(402, 8, ProviderFailure.QuotaExhausted)]
    [InlineData(400, 9, ProviderFailure.BadInput)]
    [InlineData(409, 10, ProviderFailure.Busy)]
    [InlineData(501, 12, ProviderFailure.BadInput)]
    [InlineData(500, 13, ProviderFailure.Outage)]
    [InlineData(503, 14, ProviderFailure.Busy)]
    [InlineData(504, 4, ProviderFailure.UnknownOutcome)]
    [InlineData(401, 16, ProviderFailure.KeyRefused)]
    [InlineData(200, 3, ProviderFailure.BadInput)]
    [InlineData(200, 8, ProviderFailure.RateLimited)]
    [InlineData(200, 13, ProviderFailure.Outage)]
    public async Task A_code_in_the_body_decides_whatever_the_status(int status, int code, ProviderFailure failure)
    {
        var error = $$"""{"code":{{code}},"message":"Not with {{Key}}.","details":[]}""";
        (await FailAsync(Answers.Json(error, status, ("Retry-After", "3")))).RetryAfter.ShouldBe(
            TimeSpan.FromSeconds(3)
        );
        (await FailAsync(Answers.Json(error, status))).Failure.ShouldBe(failure);
        (await FailAsync(Answers.Json($$"""{"error":{{error}}}""", status))).Failure.ShouldBe(failure);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_not_sent()
    {
        await using var vendor = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Engine(vendor.Url).SynthesizeAsync(new SpeechRequest(new string('a', 2_001), "Dennis"), Context(), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_key_it_says_what_to_do()
    {
        await using var vendor = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Engine(vendor.Url)
                .SynthesizeAsync(new SpeechRequest(Text, "Dennis"), CallContext.WithoutKey(Guid.NewGuid()), Token)
        );
        var inspection = await Engine(vendor.Url).InspectAsync(null, Token);

        failed.Failure.ShouldBe(ProviderFailure.KeyRefused);
        inspection.Unavailable!.ShouldContain("Lectern__Providers__InworldKey");
        inspection.Voices.Select(voice => voice.Name).ShouldBe(["Alex", "Ashley", "Dennis"]);
        inspection.Models[0].Id.ShouldBe("inworld-tts-1");
        vendor.Requests.ShouldBeEmpty();
    }

    // The first voice is the one of https://github.com/inworld-ai/inworld-api-examples
    // (realtime/ios/webrtc/Tests/CatalogDecodingTests.swift), the last of the documentation.
    [Fact]
    public async Task Voices_are_listed_page_by_page()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.InTurn(
                Answers.Json(
                    """
                    {"voices":[
                      {"name":"workspaces/inworld/voices/Alex","voiceId":"Alex","langCode":"EN_US","displayName":"Alex",
                       "gender":"male","source":"SYSTEM"},
                      {"voiceId":"Élodie","langCode":"FR_FR","displayName":"Élodie","description":"A calm voice.",
                       "tags":["calm","Female"],"source":"SYSTEM"}],
                     "nextPageToken":"p/2"}
                    """
                ),
                Answers.Json(
                    """
                    {"voices":[
                      null, {"displayName":"?"},
                      {"voiceId":"Everywhere","langCode":"AUTO","source":"SYSTEM"},
                      {"name":"workspaces/w/voices/john","voiceId":"w__john","langCode":"EN_US","displayName":"John",
                       "description":"Cloned voice for narrations.","tags":["demo","clone"],"source":"IVC"}],
                     "nextPageToken":""}
                    """
                )
            )
        );

        var inspection = await Engine(vendor.Url).InspectAsync(Key, Token);

        inspection.Version.ShouldBe("inworld-inworld-tts-1");
        inspection
            .Voices.Select(v => (v.Id, v.EngineName, v.Language, v.Gender, v.Description))
            .ShouldBe([
                ("inworld-Alex", "Alex", "en-US", VoiceGender.Male, "Alex."),
                ("inworld-Élodie", "Élodie", "fr-FR", VoiceGender.Female, "A calm voice."),
                ("inworld-Everywhere", "Everywhere", "mul", VoiceGender.Neutral, "Everywhere."),
            ]);
        inspection.Voices.ShouldAllBe(v => VoiceCatalogue.EngineOf(v.Id) == "inworld");
        vendor
            .Requests.Select(r => r.Path)
            .ShouldBe(["/voices/v1/voices?pageSize=500", "/voices/v1/voices?pageSize=500&pageToken=p%2F2"]);
        vendor.Requests.ShouldAllBe(r => r.Headers["Authorization"] == "Basic " + Key);
    }

    [Fact]
    public async Task A_refused_key_is_told_with_what_to_do_and_a_vendor_that_is_down_is_not_a_key()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json($$"""{"code":16,"message":"Invalid {{Key}}","details":[]}""", 401)
        );
        var refused = await Engine(vendor.Url).InspectAsync(Key, Token);
        refused.Unavailable!.ShouldContain("Base64");
        refused.Unavailable!.ShouldNotContain(Key);
        refused.Voices.ShouldNotBeEmpty();

        vendor.Answer = Answers.Status(503);
        (
            await Should.ThrowAsync<ProviderException>(() => Engine(vendor.Url).InspectAsync(Key, Token))
        ).Failure.ShouldBe(ProviderFailure.Busy);
    }

    private static InworldSpeech Engine(Uri vendor) =>
        new(new ProviderSettings { InworldUrl = new Uri(vendor, "tts/v1") }, Http, new AudioAnswer(Sound.Ffmpeg));

    private async Task<(Speech, VendorRequest)> SpeakAsync(SpeechRequest request)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        var speech = await Engine(vendor.Url).SynthesizeAsync(request, Context(), Token);
        return (speech, vendor.Requests.ShouldHaveSingleItem());
    }

    private static byte[] Voiced(byte[] wav, double end) =>
        Encoding.UTF8.GetBytes(
            JsonSerializer.Serialize(
                new
                {
                    audioContent = Convert.ToBase64String(wav),
                    usage = new { processedCharactersCount = 13, modelId = "inworld-tts-1" },
                    timestampInfo = new
                    {
                        wordAlignment = new
                        {
                            words = Words,
                            wordStartTimeSeconds = new[] { 0, 0.51, 0.6, end },
                            wordEndTimeSeconds = new[] { 0.51, 0.6, end, end },
                            phoneticDetails = Array.Empty<object>(),
                        },
                    },
                }
            )
        );
}
