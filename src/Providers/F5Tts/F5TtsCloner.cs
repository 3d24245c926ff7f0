using Lectern.Providers.Http;

namespace Lectern.Providers.F5Tts;

/// <summary>Clones by F5-TTS: nothing is made, for the sample goes along with each request.</summary>
public sealed class F5TtsCloner(ProviderSettings settings, VendorHttp http) : IVoiceCloner
{
    private readonly F5TtsApp _app = new(settings, http);

    /// <inheritdoc/>
    public string Name => F5TtsApp.Name;

    /// <inheritdoc/>
    public bool KeepsVoices => false;

    /// <inheritdoc/>
    public EngineLimits Limits { get; } =
        new(1)
        {
            MaxSeconds = F5TtsSpeech.MostReferenceSeconds,
            Formats = ["wav"],
            IsRemote = true,
        };

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) => _app.InspectAsync(cancel);

    /// <summary>The engine's own name, for the voice has none.</summary>
    public Task<string> CloneAsync(CloneRequest request, CallContext context, CancellationToken cancel) =>
        Task.FromResult(Name);

    /// <summary>There is nothing to delete.</summary>
    public Task DeleteAsync(string voice, CallContext context, CancellationToken cancel) => Task.CompletedTask;
}
