using System.Globalization;
using Lectern.Providers.Http;

namespace Lectern.Providers.ElevenLabs;

/// <summary>
/// Speech by ElevenLabs, with the times of its characters. It has no idempotency key.
/// https://elevenlabs.io/docs/api-reference/text-to-speech/convert-with-timestamps
/// </summary>
public sealed class ElevenLabsSpeech(ProviderSettings settings, VendorHttp http) : ISpeechEngine
{
    // Raw samples: a file that is cut in half still claims its whole length, but not these with their times. 44.1 kHz
    // needs the Pro plan.
    internal const int Rate = 24_000;

    private const int VoicesOfOnePage = 100;
    private const int MostPages = 50; // an endless list ends somewhere

    private readonly ElevenLabsApi _api = new(settings, http);
    private readonly ElevenLabsModel _model = ElevenLabsModel.Of(settings.ElevenLabsSpeechModel);

    /// <inheritdoc/>
    public string Name => ElevenLabsApi.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; } = LimitsOf(ElevenLabsModel.Of(settings.ElevenLabsSpeechModel));

    /// <inheritdoc/>
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        if (key is null)
            return Inspected(ElevenLabsApi.NoKey, ElevenLabsVoices.Known);
        var voices = new Dictionary<string, EngineVoice>();
        string? next = null;
        for (var page = 0; page < MostPages; page++)
        {
            var path = $"../v2/voices?page_size={VoicesOfOnePage}";
            if (next is not null)
                path += "&next_page_token=" + Uri.EscapeDataString(next);
            var answer = await _api.SendAsync(HttpMethod.Get, path, key, null, cancel);
            // A key that may not list voices may still speak with those that everyone has.
            if (ElevenLabsFailures.IsLimitedKey(answer))
                return Inspected(null, ElevenLabsVoices.Known);
            if (!answer.IsSuccess)
            {
                var failed = ElevenLabsFailures.Of(answer);
                return failed.Failure == ProviderFailure.KeyRefused
                    ? Inspected(ElevenLabsApi.RefusedKey, ElevenLabsVoices.Known)
                    : throw failed;
            }
            var list = answer.Read(ElevenLabsWire.Default.VoicesAnswer);
            foreach (var voice in list.Voices ?? throw answer.Fail(ProviderFailure.BadAnswer, "It lists no voices."))
                if (ElevenLabsVoices.Of(voice) is { } known)
                    voices[known.Id] = known; // the first page may repeat voices of others
            next = list.NextPageToken;
            if (!list.HasMore || string.IsNullOrEmpty(next))
                break;
        }
        return Inspected(null, [.. voices.Values]);
    }

    /// <inheritdoc/>
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Limits.Check(Name, request);
        var text = Pronunciation.Render(request.Text, (word, ipa) => _model.TakesIpa ? Tagged(word, ipa) : word);
        var body = new SpeechBody(text, _model.Id)
        {
            LanguageCode = _model.TakesLanguage && request.Language is { } tag ? ElevenLabsApi.Language(tag) : null,
            // Otherwise the voice keeps what its owner has set.
            VoiceSettings = request.Speed == 1 ? null : new VoiceSettings(request.Speed),
        };
        var answer = await _api.AskAsync(
            HttpMethod.Post,
            $"text-to-speech/{ElevenLabsApi.Id(request.Voice)}/with-timestamps?output_format=pcm_{Rate}",
            context.Key,
            VendorHttp.Json(body, ElevenLabsWire.Default.SpeechBody),
            cancel
        );
        var spoken = answer.Read(ElevenLabsWire.Default.SpokenAnswer);
        var audio = AudioAnswer.Raw(
            Name,
            spoken.AudioBase64 ?? throw answer.Fail(ProviderFailure.BadAnswer, "There is no audio in the answer."),
            Rate
        );
        var (words, end) = ElevenLabsWords.Of(answer, spoken.Alignment);
        return TimedSpeech.Of(answer, audio, words, end) with { Units = UnitsOf(answer) };
    }

    private static EngineLimits LimitsOf(ElevenLabsModel model) =>
        new(model.Concurrency)
        {
            MaxCharacters = model.MaxCharacters,
            MinSpeed = 0.7,
            MaxSpeed = 1.2,
            Formats = ["pcm"],
            GivesTimings = true,
            TakesIpa = model.TakesIpa,
            IsRemote = true,
        };

    private EngineInspection Inspected(string? unavailable, IReadOnlyList<EngineVoice> voices) =>
        new(unavailable is null ? $"{Name}-{_model.Id}" : null, unavailable, voices)
        {
            Models =
            [
                .. ElevenLabsModel
                    .All.Prepend(_model)
                    .DistinctBy(model => model.Id)
                    .Select(model => new EngineModel(model.Id, model.Title)),
            ],
        };

    // https://elevenlabs.io/docs/best-practices/prompting/controls; a tag can't be closed from inside of it.
    private static string Tagged(string word, string ipa) =>
        $"<phoneme alphabet=\"ipa\" ph=\"{WithoutMarkup(ipa)}\">{WithoutMarkup(word)}</phoneme>";

    private static string WithoutMarkup(string text) =>
        string.Concat(text.Where(c => c is not ('<' or '>' or '"' or '&')));

    // https://elevenlabs.io/docs/cookbooks/text-to-speech/request-stitching: "character-cost".
    private static long? UnitsOf(VendorAnswer answer) =>
        answer.Headers.TryGetValues("character-cost", out var costs)
        && long.TryParse(costs.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var cost)
            ? cost
            : null;
}
