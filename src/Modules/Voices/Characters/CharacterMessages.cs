namespace Lectern.Voices.Characters;

/// <summary>Have the character's voice cloned, if it may be and a provider is there that can.</summary>
internal sealed record CloneVoice(Guid Character);

/// <summary>Delete a clone at its provider: its character is gone, or the consent.</summary>
internal sealed record DeleteClone(Guid Character, string Provider, string Voice, string? Account = null);

/// <summary>Delete all files of a character that is gone.</summary>
internal sealed record DeleteCharacterFolder(Guid Character);

/// <summary>Delete files of a character whose rows are gone.</summary>
internal sealed record DeleteCharacterFiles(IReadOnlyList<string> Blobs);
