using Lectern.SharedKernel.Media;

namespace Lectern.Providers;

/// <summary>Turns text into speech: a program on this machine or a service. Implementations are thread-safe.</summary>
public interface ISpeechEngine
{
    /// <summary>Stable lower-case name without a hyphen, with which its voices' ids begin: <c>flite</c>, <c>espeak</c>.</summary>
    string Name { get; }

    /// <summary>What one request may be. Known without asking the engine.</summary>
    EngineLimits Limits { get; }

    /// <summary>Finds out whether the engine can be used now, and with which voices. An absent engine is no error.</summary>
    Task<EngineInspection> InspectAsync(CancellationToken cancellationToken);

    /// <summary>Speaks a text. The audio is decoded but not yet checked: see <see cref="SpeechCheck"/>.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<Pcm> SynthesizeAsync(SpeechRequest request, CancellationToken cancellationToken);
}

/// <summary>One text to speak.</summary>
/// <param name="Text">Plain text, at most <see cref="EngineLimits.MaxCharacters"/> long.</param>
/// <param name="Voice">The engine's own name of the voice: <see cref="EngineVoice.EngineName"/>.</param>
/// <param name="Speed">1 is the voice's natural pace; <see cref="EngineLimits"/> says how far it goes.</param>
public sealed record SpeechRequest(string Text, string Voice, double Speed = 1);

/// <summary>What an engine can take, as data.</summary>
/// <param name="MaxCharacters">The longest text of one request, in UTF-16 units.</param>
/// <param name="MinSpeed">The slowest pace.</param>
/// <param name="MaxSpeed">The fastest pace.</param>
/// <param name="Concurrency">How many requests at a time use it well.</param>
public sealed record EngineLimits(int MaxCharacters, double MinSpeed, double MaxSpeed, int Concurrency);

/// <summary>Whether an engine can be used, and how.</summary>
/// <param name="Version">Its version when it is available. It takes part in the hash of what it speaks.</param>
/// <param name="Unavailable">Why it can't be used and what would help, in a sentence; null when it can.</param>
/// <param name="Voices">Its voices; empty when it can't be used.</param>
public sealed record EngineInspection(string? Version, string? Unavailable, IReadOnlyList<EngineVoice> Voices)
{
    /// <summary>Whether it can be used.</summary>
    public bool IsAvailable => Unavailable is null;

    /// <summary>The languages it speaks, as BCP-47 tags.</summary>
    public IEnumerable<string> Languages => Voices.Select(voice => voice.Language).Distinct();

    /// <summary>An engine that can't be used.</summary>
    public static EngineInspection Absent(string reason) => new(null, reason, []);
}

/// <summary>How a voice is described in the catalogue.</summary>
public enum VoiceGender
{
    /// <summary>Not stated, or neither.</summary>
    Neutral,

    /// <summary>A female voice.</summary>
    Female,

    /// <summary>A male voice.</summary>
    Male,
}

/// <summary>One voice of an engine.</summary>
/// <param name="Id">Unique over all engines and stable: <c>flite-slt</c>.</param>
/// <param name="Name">What people call it.</param>
/// <param name="EngineName">What the engine calls it.</param>
/// <param name="Language">BCP-47 tag.</param>
/// <param name="Gender">As the engine states it.</param>
/// <param name="Description">One sentence for someone who chooses.</param>
/// <param name="SampleRate">Samples per second of its audio.</param>
/// <param name="Class">What prices tell voices apart by: <see cref="StandardClass"/>, or a service's own better ones.</param>
public sealed record EngineVoice(
    string Id,
    string Name,
    string EngineName,
    string Language,
    VoiceGender Gender,
    string Description,
    int SampleRate,
    string Class = EngineVoice.StandardClass
)
{
    /// <summary>The class of voices that nothing sets apart, as are all that run on this machine.</summary>
    public const string StandardClass = "standard";
}
