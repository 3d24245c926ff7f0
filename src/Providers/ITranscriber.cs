using Lectern.SharedKernel.Media;

namespace Lectern.Providers;

/// <summary>Turns speech into text.</summary>
public interface ITranscriber : IEngine
{
    /// <inheritdoc/>
    Ability IEngine.Ability => Ability.Transcription;

    /// <summary>Writes down what is said.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<Transcript> TranscribeAsync(TranscriptionRequest request, CallContext context, CancellationToken cancel);
}

/// <summary>A recording to write down.</summary>
/// <param name="Audio">At most <see cref="EngineLimits.MaxSeconds"/> long.</param>
/// <param name="Language">As a BCP-47 tag; null when nobody knows.</param>
public sealed record TranscriptionRequest(Pcm Audio, string? Language);

/// <summary>What was said.</summary>
/// <param name="Text">All of it.</param>
/// <param name="Language">The language that was heard, as a BCP-47 tag; null where the engine doesn't say.</param>
/// <param name="Segments">Sentences or so, in order, with their times; empty where the engine has none.</param>
/// <param name="Words">In order, with their times; empty where the engine has none.</param>
public sealed record Transcript(
    string Text,
    string? Language,
    IReadOnlyList<TimedWord> Segments,
    IReadOnlyList<TimedWord> Words
);
