namespace Lectern.Voices.Contracts;

/// <summary>What is needed to speak as a character.</summary>
/// <param name="Id">The id of the voice: <c>character-01jbrc2ahvfh68wqz0e60r18x5</c>.</param>
/// <param name="Owner">The workspace that it belongs to, which isn't always the one that speaks.</param>
/// <param name="Name">The character's name.</param>
/// <param name="Language">BCP-47 tag.</param>
/// <param name="Gender"><c>female</c>, <c>male</c> or <c>neutral</c>.</param>
/// <param name="Parameters">How it speaks.</param>
/// <param name="Way">By whose voice.</param>
/// <param name="Version">
/// Takes part in the hash of what it speaks: another sample, way or parameter gives another version. That of the engine
/// which speaks takes part, too, and is not in it.
/// </param>
public sealed record CharacterVoice(
    string Id,
    Guid Owner,
    string Name,
    string Language,
    string Gender,
    CharacterParameters Parameters,
    SpeakingWay Way,
    string Version
);

/// <summary>By whose voice a character speaks.</summary>
public abstract record SpeakingWay;

/// <summary>By a clone that a provider keeps.</summary>
/// <param name="Provider">The speech engine.</param>
/// <param name="EngineVoice">The engine's name of the voice.</param>
public sealed record ClonedVoice(string Provider, string EngineVoice) : SpeakingWay;

/// <summary>By an engine that imitates the sample, which goes along with each request.</summary>
/// <param name="Provider">The speech engine.</param>
/// <param name="SampleBlob">The sample, a WAV file in the blob store.</param>
public sealed record ReferenceVoice(string Provider, string SampleBlob) : SpeakingWay;

/// <summary>By a voice of the catalogue, moved to the sample's pitch: no clone, and labelled so.</summary>
/// <param name="Voice">The id of the voice; null when none of the language can speak at present.</param>
/// <param name="Semitones">How far it is moved.</param>
/// <param name="Label">A sentence to show with it.</param>
public sealed record ShiftedVoice(string? Voice, double Semitones, string Label) : SpeakingWay
{
    internal const string Mute = "No voice of this language can speak at present, and it has no clone.";

    internal static string LabelOf(string name) =>
        $"Not a clone: the catalogue's voice {name}, shifted towards the pitch of the sample.";
}
