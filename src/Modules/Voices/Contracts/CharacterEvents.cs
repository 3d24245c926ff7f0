namespace Lectern.Voices.Contracts;

// All events of a character's stream. Ids, codes, numbers and hashes of files only: names, descriptions and statements
// stand in detail tables, which can be erased.

/// <summary>A character was made of a voice sample.</summary>
/// <param name="Language">BCP-47 tag.</param>
/// <param name="Gender"><c>female</c>, <c>male</c> or <c>neutral</c>.</param>
/// <param name="Sample">SHA-256 of the normalised sample.</param>
/// <param name="SampleMs">How long it plays.</param>
/// <param name="Parameters">How it speaks.</param>
public sealed record CharacterCreated(
    string Language,
    string Gender,
    string Sample,
    int SampleMs,
    CharacterParameters Parameters
);

/// <summary>How it speaks is different since, or its name or description, which aren't told here.</summary>
/// <param name="Parameters">As they are since.</param>
public sealed record CharacterChanged(CharacterParameters Parameters);

/// <summary>Everybody may see it and speak with it.</summary>
public sealed record CharacterPublished;

/// <summary>It is its workspace's own again.</summary>
public sealed record CharacterUnpublished;

/// <summary>It has another picture of one expression.</summary>
/// <param name="Image">SHA-256 of the picture.</param>
public sealed record CharacterPictured(string Image);

/// <summary>A picture was taken away.</summary>
/// <param name="Image">SHA-256 of the picture.</param>
public sealed record CharacterPictureDeleted(string Image);

/// <summary>Somebody of the workspace declared that the voice may be cloned.</summary>
/// <param name="By"><c>self</c>: it is their own; <c>permitted</c>: its owner agrees.</param>
/// <param name="Sample">SHA-256 of the sample that it is about.</param>
public sealed record ConsentGiven(string By, string Sample);

/// <summary>The consent was taken back; what was made because of it is deleted.</summary>
public sealed record ConsentWithdrawn;

/// <summary>There is a clone of the voice.</summary>
/// <param name="Provider">The engine that speaks with it.</param>
/// <param name="Voice">The engine's name of it; null where the sample goes along with each request.</param>
/// <param name="Account">The account at the provider that it is kept in, as a keyed hash; null where none is kept.</param>
public sealed record VoiceCloned(string Provider, string? Voice, string? Account = null);

/// <summary>The provider made none, and it is not asked again by itself.</summary>
/// <param name="Provider">The engine.</param>
/// <param name="Code">Why: <c>quota-exhausted</c>.</param>
public sealed record CloneFailed(string Provider, string Code);

/// <summary>The clone is gone at the provider.</summary>
/// <param name="Provider">The engine.</param>
/// <param name="Voice">The engine's name of it.</param>
public sealed record CloneDeleted(string Provider, string Voice);

/// <summary>It is gone, with its files.</summary>
public sealed record CharacterDeleted;
