using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Lectern.Providers.Http;
using Lectern.SharedKernel.Media;

namespace Lectern.Providers.F5Tts;

/// <summary>
/// Speech by a server of F5-TTS, which imitates the reference that comes with each request and has no voices of its own.
/// </summary>
public sealed class F5TtsSpeech(ProviderSettings settings, VendorHttp http, AudioAnswer audio) : ISpeechEngine
{
    // The app cuts a longer reference: preprocess_ref_audio_text in
    // https://github.com/SWivid/F5-TTS/blob/main/src/f5_tts/infer/utils_infer.py
    internal const double MostReferenceSeconds = 12;

    private readonly F5TtsApp _app = new(settings, http);

    /// <inheritdoc/>
    public string Name => F5TtsApp.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; } =
        new(1) // the app works on one call after the other
        {
            // The app cuts the text into pieces of its own; but the longer it is, the longer the server is busy with it.
            MaxCharacters = 2_000,
            MinSpeed = 0.3,
            MaxSpeed = 2,
            Formats = ["wav"],
            IsRemote = true,
        };

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) => _app.InspectAsync(cancel);

    /// <inheritdoc/>
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Limits.Check(Name, request);
        var reference =
            request.Reference
            ?? throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                "It has no voices of its own; a request needs a recording to imitate."
            );
        var (sample, transcript) = Shortened(reference);
        var uploaded = await _app.UploadAsync(Wav.Write(sample), cancel);
        // In the order of basic_tts' parameters.
        JsonElement[] parameters =
        [
            Json(new UploadedFile(uploaded), F5TtsWire.Default.UploadedFile),
            Json(transcript, F5TtsWire.Default.String),
            Json(Pronunciation.Strip(request.Text), F5TtsWire.Default.String),
            Json(reference.RemoveSilences, F5TtsWire.Default.Boolean),
            // With the same seed another try would give the same bad audio.
            Json(true, F5TtsWire.Default.Boolean),
            Json(0, F5TtsWire.Default.Int32),
            Json(Math.Clamp(reference.CrossFadeSeconds, 0, 1), F5TtsWire.Default.Double),
            Json(Math.Clamp(reference.Steps, 4, 64), F5TtsWire.Default.Int32),
            Json(request.Speed, F5TtsWire.Default.Double),
        ];
        var file = await _app.SpeakAsync(parameters, cancel);
        return new Speech(await audio.WavAsync(Name, await _app.FetchAsync(file, cancel), cancel));
    }

    /// <summary>What the app would cut, it gets cut, and without the words: it would say those that are missing.</summary>
    private static (Pcm Sample, string Transcript) Shortened(VoiceReference reference)
    {
        var most = (int)(MostReferenceSeconds * reference.Audio.Rate);
        return reference.Audio.Samples.Length <= most
            ? (reference.Audio, reference.Transcript)
            : (new Pcm(reference.Audio.Samples[..most], reference.Audio.Rate), "");
    }

    private static JsonElement Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToElement(value, type);
}
