using Lectern.Providers;
using Lectern.Providers.ElevenLabs;

namespace Lectern.Tests.Providers.ElevenLabs;

/// <summary>https://elevenlabs.io/docs/api-reference/speech-to-text/convert</summary>
public class ElevenLabsTranscriberTests : ElevenLabsErrors
{
    protected override string GoodType => "application/json";

    protected override byte[] GoodBody =>
        """
        {"language_code":"eng","language_probability":0.98,"text":"Hello world! (laughs)","words":[
          {"text":"Hello","start":0.1,"end":0.5,"type":"word","speaker_id":"speaker_1","logprob":-0.1},
          {"text":" ","start":0.5,"end":0.6,"type":"spacing","speaker_id":"speaker_1","logprob":0},
          {"text":"world!","start":0.6,"end":1.2,"type":"word","speaker_id":"speaker_1","logprob":-0.2},
          {"text":"(laughs)","start":1.2,"end":1.5,"type":"audio_event","speaker_id":"speaker_1","logprob":-0.2}],
         "audio_duration_secs":2.0}
        """u8.ToArray();

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        HearAsync(vendor, context, null, cancel);

    [Fact]
    public async Task What_is_said_comes_with_the_time_of_each_word()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        var heard = await HearAsync(vendor.Url, Context(), null, Token);
        heard.Text.ShouldBe("Hello world! (laughs)");
        heard.Language.ShouldBe("en");
        heard.Segments.ShouldBeEmpty();
        heard
            .Words.Select(w => (w.Text, w.Start.TotalSeconds, w.End.TotalSeconds))
            .ShouldBe([("Hello", 0.1, 0.5), ("world!", 0.6, 1.2)]);
    }

    [Fact]
    public async Task The_request_is_the_form_that_is_documented()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        await HearAsync(vendor.Url, Context(), "de-AT", Token);

        var request = vendor.Requests.ShouldHaveSingleItem();
        (request.Method + " " + request.Path).ShouldBe("POST /speech-to-text");
        request.Headers["xi-api-key"].ShouldBe(Key);
        var form = await MultipartForm.ReadAsync(request);
        form.Text("model_id").ShouldBe("scribe_v1");
        form.Text("language_code").ShouldBe("de");
        form.Text("timestamps_granularity").ShouldBe("word");
        form.Text("tag_audio_events").ShouldBe("false");
        form["file"].FileName.ShouldBe("recording.wav");
        form["file"].Body.Length.ShouldBe(44 + (2 * 16_000 * 2));
        form["file"].Body[..4].ShouldBe("RIFF"u8.ToArray());
    }

    [Theory]
    [InlineData("\"haw\"", "haw")]
    [InlineData("\"deu\"", "de")]
    [InlineData("\"pt\"", "pt")]
    [InlineData("\"<b>\"", null)]
    [InlineData("null", null)]
    public async Task Silence_has_no_words_and_whatever_language(string code, string? tag)
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json($$"""{"language_code":{{code}},"language_probability":0.1,"text":"","words":[null]}""")
        );
        var heard = await HearAsync(vendor.Url, Context(), null, Token);
        (heard.Text, heard.Language, heard.Words.Count).ShouldBe(("", tag, 0));
    }

    [Theory]
    [InlineData("""{"text":"Half of it.","words":[],"audio_duration_secs":0.9e1}""")]
    [InlineData("""{"text":"x","words":[{"text":"x","type":"word","start":-1,"end":1}]}""")]
    [InlineData("""{"text":"x"}""")]
    [InlineData("""{"words":[]}""")]
    public async Task Text_of_another_recording_is_not_believed(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    [Fact]
    public async Task Without_a_key_it_says_what_to_do()
    {
        var inspection = await new ElevenLabsTranscriber(
            ElevenLabsVendor.At(new Uri("http://localhost/")),
            ElevenLabsVendor.Http
        ).InspectAsync(null, Token);
        inspection.Unavailable!.ShouldContain("Lectern__Providers__ElevenLabsKey");
        inspection.Models.ShouldHaveSingleItem().Id.ShouldBe("scribe_v1");
    }

    [Theory]
    [InlineData(200, """{"user_id":"u"}""", true)]
    [InlineData(401, """{"detail":{"status":"missing_permissions","message":"user_read"}}""", true)]
    [InlineData(401, """{"detail":{"status":"invalid_api_key","message":"Invalid API key"}}""", false)]
    public async Task The_key_is_tried_on_the_account(int status, string body, bool available)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(body, status));
        var inspection = await new ElevenLabsTranscriber(
            ElevenLabsVendor.At(vendor.Url),
            ElevenLabsVendor.Http
        ).InspectAsync(Key, Token);
        inspection.IsAvailable.ShouldBe(available);
        vendor.Requests.ShouldHaveSingleItem().Path.ShouldBe("/user");
    }

    [Fact]
    public async Task A_vendor_that_is_down_leaves_what_was_known()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Status(502));
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            new ElevenLabsTranscriber(ElevenLabsVendor.At(vendor.Url), ElevenLabsVendor.Http).InspectAsync(Key, Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.Outage);
    }

    private static Task<Transcript> HearAsync(
        Uri vendor,
        CallContext context,
        string? language,
        CancellationToken cancel
    ) =>
        new ElevenLabsTranscriber(ElevenLabsVendor.At(vendor), ElevenLabsVendor.Http).TranscribeAsync(
            new TranscriptionRequest(ElevenLabsVendor.Sample, language),
            context,
            cancel
        );
}
