using Lectern.Providers.Http;
using Lectern.SharedKernel.Media;

namespace Lectern.Providers.ElevenLabs;

/// <summary>Instant voice clones at ElevenLabs: https://elevenlabs.io/docs/api-reference/voices/ivc/create.</summary>
public sealed class ElevenLabsCloner(ProviderSettings settings, VendorHttp http) : IVoiceCloner
{
    private static readonly EngineModel Instant = new("ivc", "Instant voice cloning");

    private readonly ElevenLabsApi _api = new(settings, http);

    /// <inheritdoc/>
    public string Name => ElevenLabsApi.Name;

    /// <inheritdoc/>
    public bool KeepsVoices => true;

    /// <inheritdoc/>
    public EngineLimits Limits { get; } =
        new(2)
        {
            // One or two minutes are best, and more than three do harm:
            // https://elevenlabs.io/docs/product-guides/voices/voice-cloning/instant-voice-cloning
            MaxSeconds = 180,
            Formats = ["wav"],
            IsRemote = true,
        };

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        _api.InspectAsync(key, Instant, cancel);

    /// <inheritdoc/>
    public async Task<string> CloneAsync(CloneRequest request, CallContext context, CancellationToken cancel)
    {
        if (request.Sample.Duration.TotalSeconds > Limits.MaxSeconds)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The sample is longer than {Limits.MaxSeconds} s."
            );
        var body = new MultipartFormDataContent
        {
            { new StringContent(request.Name), "name" },
            { new StringContent(request.RemoveNoise ? "true" : "false"), "remove_background_noise" },
            { new ByteArrayContent(Wav.Write(request.Sample)), "files", "sample.wav" },
        };
        var answer = await _api.AskAsync(HttpMethod.Post, "voices/add", context.Key, body, cancel);
        return answer.Read(ElevenLabsWire.Default.ClonedAnswer).VoiceId is { Length: > 0 } voice
            ? voice
            : throw answer.Fail(ProviderFailure.BadAnswer, "There is no voice in the answer.");
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string voice, CallContext context, CancellationToken cancel)
    {
        var path = $"voices/{ElevenLabsApi.Id(voice)}";
        var answer = await _api.SendAsync(HttpMethod.Delete, path, context.Key, null, cancel);
        if (!answer.IsSuccess && !ElevenLabsFailures.IsAbsentVoice(answer))
            throw ElevenLabsFailures.Of(answer);
    }
}
