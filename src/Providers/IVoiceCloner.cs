using Lectern.SharedKernel.Media;

namespace Lectern.Providers;

/// <summary>Makes a voice at a provider from a sample. The voice is then spoken with by the provider's speech engine.</summary>
public interface IVoiceCloner : IEngine
{
    /// <inheritdoc/>
    Ability IEngine.Ability => Ability.VoiceClone;

    /// <summary>
    /// Whether the clone lives at the provider. If not, the sample goes along with each request as its
    /// <see cref="SpeechRequest.Reference"/>, and there is nothing to make or to delete.
    /// </summary>
    bool KeepsVoices { get; }

    /// <summary>Makes the voice and gives the engine's name of it.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<string> CloneAsync(CloneRequest request, CallContext context, CancellationToken cancel);

    /// <summary>Deletes the voice; one that is gone already counts as deleted.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task DeleteAsync(string voice, CallContext context, CancellationToken cancel);
}

/// <summary>Whose voice to imitate. That the person agrees is for the caller to know.</summary>
/// <param name="Name">What the provider shows its account's owner: an id, nobody's name.</param>
/// <param name="Sample">Clean speech, at most <see cref="EngineLimits.MaxSeconds"/> long.</param>
/// <param name="RemoveNoise">Whether the provider is to clean it.</param>
public sealed record CloneRequest(string Name, Pcm Sample, bool RemoveNoise = false);
