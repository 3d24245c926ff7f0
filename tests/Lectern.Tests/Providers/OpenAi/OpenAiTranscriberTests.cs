using System.Text;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.OpenAi;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Providers.OpenAi;

/// <summary>https://github.com/openai/openai-openapi/blob/main/openapi.yaml, <c>POST /audio/transcriptions</c>.</summary>
public sealed class OpenAiTranscriberTests : VendorFaults, IDisposable
{
    /// <summary>The example of CreateTranscriptionResponseVerboseJson, with the words of TranscriptionWord.</summary>
    private const string Verbose = """
        {
            "task": "transcribe",
            "language": "english",
            "duration": 8.470000267028809,
            "text": "The beach was a popular spot on a hot summer day.",
            "segments": [
                {
                    "id": 0,
                    "seek": 0,
                    "start": 0.0,
                    "end": 3.319999933242798,
                    "text": " The beach was a popular spot on a hot summer day.",
                    "tokens": [50364, 440, 7534, 390, 257, 3743, 4008, 322, 257, 2368, 4266, 786, 13, 50530],
                    "temperature": 0.0,
                    "avg_logprob": -0.2860786020755768,
                    "compression_ratio": 1.2363636493682861,
                    "no_speech_prob": 0.00985979475080967
                }
            ],
            "words": [
                { "word": "The", "start": 0.0, "end": 0.23999999463558197 },
                { "word": " beach", "start": 0.23999999463558197, "end": 9.5 }
            ],
            "usage": { "type": "duration", "seconds": 9 }
        }
        """;

    private readonly VendorHttp _http = new();

    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(Verbose);

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Engine(vendor).TranscribeAsync(new TranscriptionRequest(OpenAiServers.Recording(1), null), context, cancel);

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Segments_and_words_come_with_their_times()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Verbose));

        var heard = await Engine(vendor.Url)
            .TranscribeAsync(new TranscriptionRequest(OpenAiServers.Recording(8.47), "en-GB"), Context(), Token);

        heard.Text.ShouldBe("The beach was a popular spot on a hot summer day.");
        heard.Language.ShouldBe("en");
        var segment = heard.Segments.ShouldHaveSingleItem();
        segment.Text.ShouldBe("The beach was a popular spot on a hot summer day.");
        segment.End.TotalSeconds.ShouldBe(3.32, 0.001);
        heard.Words.Select(word => word.Text).ShouldBe(["The", "beach"]);
        heard.Words[1].Start.TotalSeconds.ShouldBe(0.24, 0.001);
        heard.Words[1].End.TotalSeconds.ShouldBe(8.47, 0.001); // not behind the end of the recording
    }

    [Fact]
    public async Task The_recording_is_sent_as_a_file_with_what_is_wanted_of_it()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Verbose));
        var recording = OpenAiServers.Recording(1);

        await Engine(vendor.Url).TranscribeAsync(new TranscriptionRequest(recording, "en-GB"), Context(), Token);

        var asked = vendor.Requests.ShouldHaveSingleItem();
        asked.Method.ShouldBe("POST");
        asked.Path.ShouldBe("/audio/transcriptions");
        asked.Headers["Authorization"].ShouldBe("Bearer " + Key);
        asked.Headers["Content-Type"].ShouldStartWith("multipart/form-data; boundary=");
        var form = Encoding.Latin1.GetString(asked.Body);
        form.ShouldContain("name=file; filename=audio.wav");
        form.ShouldContain("Content-Type: audio/wav");
        form.ShouldContain(Encoding.Latin1.GetString(Wav.Write(recording)));
        Fields(form, "model").ShouldBe(["whisper-1"]);
        Fields(form, "response_format").ShouldBe(["verbose_json"]);
        Fields(form, "\"timestamp_granularities[]\"").ShouldBe(["word", "segment"]);
        Fields(form, "language").ShouldBe(["en"]);
    }

    /// <summary>AudioResponseFormat: "for gpt-4o-transcribe … the only supported format is json".</summary>
    [Fact]
    public async Task Models_without_times_are_asked_for_the_text_alone()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json("""{"text":"Imagine the wildest idea.","usage":{"type":"tokens","total_tokens":45}}""")
        );
        var server = OpenAiServers.OpenAi(vendor.Url, s => s.OpenAiTranscriptionModel = "gpt-4o-transcribe");
        var engine = new OpenAiTranscriber(server, _http);

        var heard = await engine.TranscribeAsync(
            new TranscriptionRequest(OpenAiServers.Recording(1), "mul"),
            Context(),
            Token
        );

        heard.Text.ShouldBe("Imagine the wildest idea.");
        heard.Words.ShouldBeEmpty();
        heard.Language.ShouldBeNull();
        engine.Limits.GivesTimings.ShouldBeFalse();
        var form = Encoding.Latin1.GetString(vendor.Requests.ShouldHaveSingleItem().Body);
        Fields(form, "response_format").ShouldBe(["json"]);
        form.ShouldNotContain("timestamp_granularities");
        form.ShouldNotContain("name=language");
    }

    /// <summary>https://github.com/speaches-ai/speaches/blob/master/src/speaches/executors/whisper.py: code, and nulls.</summary>
    [Fact]
    public async Task Speaches_names_the_language_by_its_code()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json("""{"language":"fr","duration":1.0,"text":" Oui. ","segments":[null],"words":null}""")
        );
        var engine = new OpenAiTranscriber(OpenAiServers.Compatible("speaches", vendor.Url), _http);

        var heard = await engine.TranscribeAsync(
            new TranscriptionRequest(OpenAiServers.Recording(1), null),
            CallContext.WithoutKey(Guid.NewGuid()),
            Token
        );

        heard.ShouldSatisfyAllConditions(
            () => heard.Text.ShouldBe("Oui."),
            () => heard.Language.ShouldBe("fr"),
            () => heard.Segments.ShouldBeEmpty(),
            () => heard.Words.ShouldBeEmpty()
        );
    }

    [Theory]
    [InlineData("""{"text":null}""")]
    [InlineData("""{"language":"english"}""")]
    [InlineData("""{"text":"a","words":[{"word":"a","start":"0","end":1}]}""")]
    [InlineData("""{"text":"a","segments":[{"text":"a","start":0}]}""")]
    public async Task An_answer_of_another_shape_is_none(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    [Fact]
    public async Task Times_that_make_no_sense_are_held_within_the_recording()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json(
                """{"text":"a","words":[{"word":"a","start":-1e300,"end":1e300},{"word":"b","start":0.9,"end":0.1}]}"""
            )
        );

        var words = (
            await Engine(vendor.Url)
                .TranscribeAsync(new TranscriptionRequest(OpenAiServers.Recording(1), null), Context(), Token)
        ).Words;

        words[0].ShouldBe(new TimedWord("a", TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        words[1].ShouldBe(new TimedWord("b", TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(0.9)));
    }

    [Fact]
    public async Task A_recording_that_is_too_large_is_not_sent_and_one_within_the_limit_fits()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Verbose));
        var engine = Engine(vendor.Url);
        engine.Limits.MaxBytes.ShouldBe(26_214_400);
        var longest = new Pcm(new short[(int)(engine.Limits.MaxSeconds!.Value * 48_000)], 48_000);
        await engine.TranscribeAsync(new TranscriptionRequest(longest, null), Context(), Token);
        vendor.Requests.ShouldHaveSingleItem().Body.Length.ShouldBeLessThan(26_214_400);

        var tooLong = new Pcm(new short[13_200_000], 48_000);
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            engine.TranscribeAsync(new TranscriptionRequest(tooLong, null), Context(), Token)
        );

        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.Count.ShouldBe(1);
    }

    /// <summary>https://github.com/openai/whisper/blob/main/whisper/tokenizer.py.</summary>
    [Theory]
    [InlineData("haitian creole", "ht")]
    [InlineData("English", "en")]
    [InlineData("javanese", "jv")]
    [InlineData("cantonese", "yue")]
    [InlineData("klingon", null)]
    [InlineData(null, null)]
    public void Whispers_names_of_languages_become_tags(string? name, string? tag) =>
        WhisperLanguages.Tag(name).ShouldBe(tag);

    [Theory]
    [InlineData("pt-BR", "pt")]
    [InlineData("zh-Hans-CN", "zh")]
    [InlineData("nb", "no")]
    [InlineData("jv", "jw")]
    [InlineData("mul", null)]
    [InlineData("xx", null)]
    [InlineData(null, null)]
    public void Tags_become_codes_that_Whisper_knows(string? tag, string? code) =>
        WhisperLanguages.Code(tag).ShouldBe(code);

    private OpenAiTranscriber Engine(Uri vendor) => new(OpenAiServers.OpenAi(vendor), _http);

    private static string[] Fields(string form, string name) =>
        [
            .. form.Split("name=" + name + "\r\n\r\n")
                .Skip(1)
                .Select(rest => rest[..rest.IndexOf('\r', StringComparison.Ordinal)]),
        ];
}
