using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters;

/// <summary>What decisions about a character need.</summary>
/// <param name="Exists">Whether it was made and not deleted.</param>
/// <param name="Public">Whether everybody may see it.</param>
/// <param name="Parameters">How it speaks.</param>
/// <param name="Sample">SHA-256 of its sample.</param>
/// <param name="HasConsent">Whether its voice may be cloned.</param>
/// <param name="CloneProvider">The engine that speaks with a clone; null without one.</param>
/// <param name="CloneVoice">The engine's name of the clone, if it keeps one.</param>
/// <param name="CloneAccount">The account that keeps it.</param>
internal sealed record Character(
    bool Exists,
    bool Public,
    CharacterParameters Parameters,
    string Sample,
    bool HasConsent,
    string? CloneProvider,
    string? CloneVoice,
    string? CloneAccount = null
)
{
    /// <summary>How public ids begin.</summary>
    public const string Prefix = "character";

    public static readonly Character Initial = new(false, false, new CharacterParameters(), "", false, null, null);

    /// <summary>Whether a clone is due: allowed, and not there yet.</summary>
    public bool IsToBeCloned => Exists && HasConsent && CloneProvider is null;

    public static Character Evolve(Character character, object e) =>
        e switch
        {
            CharacterCreated c => character with { Exists = true, Parameters = c.Parameters, Sample = c.Sample },
            CharacterChanged c => character with { Parameters = c.Parameters },
            CharacterPublished => character with { Public = true },
            CharacterUnpublished => character with { Public = false },
            ConsentGiven => character with { HasConsent = true },
            ConsentWithdrawn => character with { HasConsent = false, CloneProvider = null, CloneVoice = null },
            VoiceCloned c => character with
            {
                CloneProvider = c.Provider,
                CloneVoice = c.Voice,
                CloneAccount = c.Account,
            },
            CharacterDeleted => character with { Exists = false, CloneProvider = null, CloneVoice = null },
            _ => character,
        };
}
