using Lectern.Providers.Http;
using Lectern.SharedKernel.Media;

namespace Lectern.Providers.ElevenLabs;

/// <summary>
/// Transcription by ElevenLabs' Scribe: https://elevenlabs.io/docs/api-reference/speech-to-text/convert.
/// </summary>
public sealed class ElevenLabsTranscriber(ProviderSettings settings, VendorHttp http) : ITranscriber
{
    private static readonly EngineModel Scribe = new("scribe_v1", "Scribe v1");

    // Silence at the ends may not be counted.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    private readonly ElevenLabsApi _api = new(settings, http);

    /// <inheritdoc/>
    public string Name => ElevenLabsApi.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; } =
        new(8)
        {
            // It takes ten hours and 3 GB; the recording is held in memory here.
            MaxSeconds = 2 * 60 * 60,
            MaxBytes = 3L * 1024 * 1024 * 1024,
            Formats = ["wav"],
            GivesTimings = true,
            IsRemote = true,
        };

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        _api.InspectAsync(key, Scribe, cancel);

    /// <inheritdoc/>
    public async Task<Transcript> TranscribeAsync(
        TranscriptionRequest request,
        CallContext context,
        CancellationToken cancel
    )
    {
        if (request.Audio.Duration.TotalSeconds > Limits.MaxSeconds)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The recording is longer than {Limits.MaxSeconds} s."
            );
        var body = new MultipartFormDataContent
        {
            { new StringContent(Scribe.Id), "model_id" },
            { new StringContent("word"), "timestamps_granularity" },
            { new StringContent("false"), "tag_audio_events" },
            { new ByteArrayContent(Wav.Write(request.Audio)), "file", "recording.wav" },
        };
        if (request.Language is { } tag)
            body.Add(new StringContent(ElevenLabsApi.Language(tag)), "language_code");
        var answer = await _api.AskAsync(HttpMethod.Post, "speech-to-text", context.Key, body, cancel);
        var heard = answer.Read(ElevenLabsWire.Default.TranscriptAnswer);
        if (heard.Text is null || heard.Words is null)
            throw answer.Fail(ProviderFailure.BadAnswer, "There is no text in the answer.");
        if (
            heard.AudioDurationSecs is { } seconds
            && (answer.Seconds(seconds) - request.Audio.Duration).Duration() > Tolerance
        )
            throw answer.Fail(
                ProviderFailure.BadAnswer,
                $"It heard {seconds:0.0} s of {request.Audio.Duration.TotalSeconds:0.0} s."
            );
        return new Transcript(
            heard.Text,
            LanguageTags.OfCode(heard.LanguageCode),
            [],
            [
                .. heard
                    .Words.Where(word => word is { Type: "word", Text: not null, Start: not null, End: not null })
                    .Select(word => new TimedWord(
                        word!.Text!,
                        answer.Seconds(word.Start!.Value),
                        answer.Seconds(word.End!.Value)
                    )),
            ]
        );
    }
}
