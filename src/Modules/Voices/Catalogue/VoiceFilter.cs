using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Catalogue;

/// <summary>Which voices are wanted; null takes all.</summary>
internal sealed record VoiceFilter(string? Provider, string? Language, VoiceGender? Gender)
{
    /// <summary>The filter, or null when there is no such gender.</summary>
    public static VoiceFilter? Parse(string? provider, string? language, string? gender) =>
        gender switch
        {
            null => new VoiceFilter(provider, language, null),
            "female" => new VoiceFilter(provider, language, VoiceGender.Female),
            "male" => new VoiceFilter(provider, language, VoiceGender.Male),
            "neutral" => new VoiceFilter(provider, language, VoiceGender.Neutral),
            _ => null,
        };

    /// <summary>Whether a voice is wanted. A language takes its regions, too: RFC 4647, section 3.3.1, basic filtering.</summary>
    public bool Takes(CatalogueVoice known) =>
        (Provider is null || string.Equals(known.Engine.Name, Provider, StringComparison.OrdinalIgnoreCase))
        && (Gender is null || known.Voice.Gender == Gender)
        && (
            Language is null
            || string.Equals(known.Voice.Language, Language, StringComparison.OrdinalIgnoreCase)
            || known.Voice.Language.StartsWith(Language + "-", StringComparison.OrdinalIgnoreCase)
        );
}
