using Lectern.Providers.Http;

namespace Lectern.Providers.Inworld;

/// <summary>
/// Speech by Inworld, with the times of its words:
/// https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/synthesize-speech. It has no idempotency key.
/// </summary>
public sealed class InworldSpeech(ProviderSettings settings, VendorHttp http, AudioAnswer audio) : ISpeechEngine
{
    // An answer has 16 MB at most, and its longest text lasts for more than two minutes: 48 kHz would be close to that.
    internal const int Rate = 24_000;

    private const int MostPages = 50; // an endless list ends somewhere

    private const string NoKey =
        "There is no key of Inworld. Set Lectern__Providers__InworldKey and restart, or add one to the workspace's vault.";

    private const string RefusedKey =
        "Inworld refuses the key. It wants the one that its portal shows in Base64; check it there, then replace it.";

    // https://docs.inworld.ai/models
    private static readonly EngineModel[] Models =
    [
        new("inworld-tts-2", "Inworld TTS 2"),
        new("inworld-tts-1.5-max", "Inworld TTS 1.5 Max"),
        new("inworld-tts-1.5-mini", "Inworld TTS 1.5 Mini"),
        new("inworld-tts-1-max", "Inworld TTS 1 Max"),
        new("inworld-tts-1", "Inworld TTS 1"),
    ];

    private readonly Uri _url = ProviderSettings.Folder(settings.InworldUrl);
    private readonly string _model = settings.InworldSpeechModel;

    /// <inheritdoc/>
    public string Name => "inworld";

    /// <inheritdoc/>
    public EngineLimits Limits { get; } =
        new(4)
        {
            MaxCharacters = 2_000,
            MinSpeed = 0.5,
            MaxSpeed = 1.5,
            Formats = ["wav"],
            GivesTimings = true,
            TakesIpa = true,
            IsRemote = true,
        };

    /// <inheritdoc/>
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        if (key is null)
            return Inspected(NoKey, InworldVoices.Known);
        var voices = new Dictionary<string, EngineVoice>();
        string? next = null;
        for (var page = 0; page < MostPages; page++)
        {
            // The API of voices stands beside the one of speech; tts/v1/voices is gone since July 2026.
            var path = "../../voices/v1/voices?pageSize=500";
            if (next is not null)
                path += "&pageToken=" + Uri.EscapeDataString(next);
            var answer = await http.SendAsync(Name, Request(HttpMethod.Get, path, key, null), cancel);
            if (InworldFailures.Of(answer) is { } failed)
                return failed.Failure == ProviderFailure.KeyRefused
                    ? Inspected(RefusedKey, InworldVoices.Known)
                    : throw failed;
            var list = answer.Read(InworldWire.Default.VoicesAnswer);
            foreach (var voice in list.Voices ?? throw answer.Fail(ProviderFailure.BadAnswer, "It lists no voices."))
                if (InworldVoices.Of(voice) is { } known)
                    voices[known.Id] = known;
            next = list.NextPageToken;
            if (string.IsNullOrEmpty(next))
                break;
        }
        return Inspected(null, [.. voices.Values]);
    }

    /// <inheritdoc/>
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Limits.Check(Name, request);
        var body = new VoiceBody(
            Pronunciation.Render(request.Text, (word, ipa) => IsEnglish(request.Language) ? Slashed(ipa) : word),
            request.Voice,
            _model,
            new AudioConfig("LINEAR16", Rate) { SpeakingRate = request.Speed == 1 ? null : request.Speed }
        );
        var answer = await http.SendAsync(
            Name,
            Request(HttpMethod.Post, "voice", context.Key, VendorHttp.Json(body, InworldWire.Default.VoiceBody)),
            cancel
        );
        if (InworldFailures.Of(answer) is { } failed)
            throw failed;
        var voiced = answer.Read(InworldWire.Default.VoicedAnswer);
        var wav =
            voiced.AudioContent ?? throw answer.Fail(ProviderFailure.BadAnswer, "There is no audio in the answer.");
        var (words, end) = WordsOf(answer, voiced.TimestampInfo?.WordAlignment);
        return TimedSpeech.Of(answer, await audio.WavAsync(Name, wav, cancel), words, end) with
        {
            Units = voiced.Usage?.ProcessedCharactersCount,
        };
    }

    // "Use standard English IPA phonemes only": https://docs.inworld.ai/tts/capabilities/custom-pronunciation
    private static bool IsEnglish(string? language) =>
        language is null || language.Split('-')[0].Equals("en", StringComparison.OrdinalIgnoreCase);

    private static string Slashed(string ipa) => $"/{ipa.Trim('/', '[', ']', ' ')}/";

    // Newer models also give the spaces and signs between the words.
    private static (IReadOnlyList<TimedWord> Words, TimeSpan End) WordsOf(VendorAnswer answer, WordAlignment? alignment)
    {
        if (alignment is not { Words: { } texts, WordStartTimeSeconds: { } starts, WordEndTimeSeconds: { } ends })
            return ([], TimeSpan.Zero);
        if (starts.Count != texts.Count || ends.Count != texts.Count)
            throw answer.Fail(ProviderFailure.BadAnswer, "The times of the words are not one for each.");
        var words = new List<TimedWord>();
        for (var i = 0; i < texts.Count; i++)
            if (texts[i] is { } text && text.Any(char.IsLetterOrDigit))
                words.Add(new TimedWord(text.Trim(), answer.Seconds(starts[i]), answer.Seconds(ends[i])));
        return (words, words.Count == 0 ? TimeSpan.Zero : words.Max(word => word.End));
    }

    private HttpRequestMessage Request(HttpMethod method, string path, string? key, HttpContent? body)
    {
        if (key is null)
            throw new ProviderException(Name, ProviderFailure.KeyRefused, NoKey);
        var request = new HttpRequestMessage(method, new Uri(_url, path)) { Content = body };
        request.Headers.TryAddWithoutValidation("Authorization", "Basic " + key);
        return request;
    }

    private EngineInspection Inspected(string? unavailable, IReadOnlyList<EngineVoice> voices) =>
        new(unavailable is null ? $"{Name}-{_model}" : null, unavailable, voices)
        {
            Models =
            [
                Models.FirstOrDefault(model => model.Id == _model) ?? new EngineModel(_model, _model),
                .. Models.Where(model => model.Id != _model),
            ],
        };
}
