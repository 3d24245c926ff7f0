using Lectern.SharedKernel.Media;

namespace Lectern.Providers;

/// <summary>Turns text into speech.</summary>
public interface ISpeechEngine : IEngine
{
    /// <inheritdoc/>
    Ability IEngine.Ability => Ability.Speech;

    /// <summary>
    /// A voice that is too many to be listed with the others but may be asked for by its id; null when there is none.
    /// Answered from memory, of the last inspection.
    /// </summary>
    EngineVoice? FindUnlisted(string id) => null;

    /// <summary>Speaks a text. The audio is decoded but not yet checked: see <see cref="SpeechCheck"/>.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel);
}

/// <summary>One text to speak.</summary>
/// <param name="Text">
/// At most <see cref="EngineLimits.MaxCharacters"/> long. Plain, but for pronunciations marked by
/// <see cref="Pronunciation.Mark"/>, which an engine renders or strips.
/// </param>
/// <param name="Voice">The engine's own name of the voice: <see cref="EngineVoice.EngineName"/>.</param>
/// <param name="Speed">1 is the voice's natural pace; <see cref="EngineLimits"/> says how far it goes.</param>
public sealed record SpeechRequest(string Text, string Voice, double Speed = 1)
{
    /// <summary>The language of the text where it is known, as a BCP-47 tag.</summary>
    public string? Language { get; init; }

    /// <summary>Whose voice to speak with, for engines that clone from a reference with each request.</summary>
    public VoiceReference? Reference { get; init; }

    /// <summary>Whether the times of words or phones are wanted, from an engine that <see cref="EngineLimits.GivesTimings"/>.</summary>
    public bool WantsTimings { get; init; }
}

/// <summary>A short recording that an engine imitates.</summary>
/// <param name="Audio">Some seconds of clean speech.</param>
/// <param name="Transcript">What is said in it; empty when nobody knows, and the engine finds out.</param>
/// <param name="Steps">How many steps a diffusion engine takes.</param>
/// <param name="CrossFadeSeconds">How far the pieces of a long text overlap.</param>
/// <param name="RemoveSilences">Whether long pauses are cut out.</param>
public sealed record VoiceReference(
    Pcm Audio,
    string Transcript,
    int Steps = 32,
    double CrossFadeSeconds = 0.15,
    bool RemoveSilences = true
);

/// <summary>What an engine spoke.</summary>
/// <param name="Audio">The sound.</param>
public sealed record Speech(Pcm Audio)
{
    /// <summary>When each word is spoken; empty from an engine that doesn't say.</summary>
    public IReadOnlyList<TimedWord> Words { get; init; } = [];

    /// <summary>What the provider says it counted, in the unit that it bills; null from one that doesn't say.</summary>
    public long? Units { get; init; }

    /// <summary>When each sound is spoken, in the engine's own phone set; empty from an engine that doesn't say.</summary>
    public IReadOnlyList<TimedWord> Phones { get; init; } = [];
}

/// <summary>A word, a phone or a sign, and when it is heard.</summary>
/// <param name="Text">As the engine gives it.</param>
/// <param name="Start">From the beginning of the audio.</param>
/// <param name="End">From the beginning of the audio.</param>
public sealed record TimedWord(string Text, TimeSpan Start, TimeSpan End);

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
/// <param name="Language">BCP-47 tag; <c>mul</c> for a voice that speaks many.</param>
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

    /// <summary>
    /// The class of every voice that a workspace speaks with on its own account: what it costs there, the workspace pays.
    /// </summary>
    public const string OwnAccountClass = "own_account";

    /// <summary>The language of voices that speak many (ISO 639-2).</summary>
    public const string ManyLanguages = "mul";
}
