using System.Text.Json;
using Lectern.Providers;
using Lectern.SharedKernel.Media;

namespace Lectern.Voices.Contracts;

/// <summary>A voice with the engine that speaks it.</summary>
/// <param name="Voice">The voice.</param>
/// <param name="Engine">Its engine.</param>
/// <param name="EngineVersion">Takes part in the hash of what it speaks; empty while the engine isn't available.</param>
/// <param name="Unavailable">Why it can't be used at present, in a sentence; null when it can.</param>
public sealed record CatalogueVoice(EngineVoice Voice, ISpeechEngine Engine, string EngineVersion, string? Unavailable)
{
    /// <summary>What its price depends on: who speaks, and in which class.</summary>
    public string PricedAs => $"{Engine.Name}/{Voice.Class}";

    /// <summary>The pace that it speaks with; 1 is its natural one.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Reads the recording that the engine is to imitate; null for a voice of the engine's own.</summary>
    public Func<CancellationToken, Task<VoiceReference>>? Reference { get; init; }

    /// <summary>What is done to the sound afterwards; null for nothing.</summary>
    public Func<Pcm, CancellationToken, Task<Pcm>>? Finish { get; init; }
}

/// <summary>One ability of a provider, as the catalogue lists it.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Found">What was found when it was last asked.</param>
public sealed record CatalogueEngine(IEngine Engine, EngineInspection Found)
{
    /// <summary>The provider's stable name.</summary>
    public string Name => Engine.Name;

    /// <summary>Why it can't be used, and what would help; null when it can.</summary>
    public string? Unavailable => Found.Unavailable;

    /// <summary>An ability's name in the API and in records: <c>voice_clone</c>.</summary>
    public static string NameOf(Ability ability) => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{ability}");
}
