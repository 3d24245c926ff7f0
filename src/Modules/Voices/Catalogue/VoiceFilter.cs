using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Catalogue;

/// <summary>Which voices are wanted; null takes all.</summary>
/// <param name="Provider">The engine's name.</param>
/// <param name="Language">A BCP-47 tag, which takes its regions, too.</param>
/// <param name="Gender">As the engine states it.</param>
/// <param name="Search">Words that stand in its id, name or description, in any order.</param>
/// <param name="Available">Whether it can be used now.</param>
internal sealed record VoiceFilter(
    string? Provider,
    string? Language,
    VoiceGender? Gender,
    string? Search = null,
    bool? Available = null
)
{
    /// <summary>The filter, or null when there is no such gender.</summary>
    public static VoiceFilter? Parse(
        string? provider,
        string? language,
        string? gender,
        string? search = null,
        bool? available = null
    ) =>
        gender switch
        {
            null => new VoiceFilter(provider, language, null, search, available),
            "female" => new VoiceFilter(provider, language, VoiceGender.Female, search, available),
            "male" => new VoiceFilter(provider, language, VoiceGender.Male, search, available),
            "neutral" => new VoiceFilter(provider, language, VoiceGender.Neutral, search, available),
            _ => null,
        };

    /// <summary>Whether a voice is wanted. One that speaks many languages speaks each.</summary>
    public bool Takes(CatalogueVoice known) =>
        (Provider is null || string.Equals(known.Engine.Name, Provider, StringComparison.OrdinalIgnoreCase))
        && (Gender is null || known.Voice.Gender == Gender)
        && (Available is null || (known.Unavailable is null) == Available)
        && (
            Language is null
            || known.Voice.Language == EngineVoice.ManyLanguages
            || Covers(Language, known.Voice.Language)
        )
        && HasWords(Search, $"{known.Voice.Id} {known.Voice.Name} {known.Voice.Description}");

    /// <summary>RFC 4647, section 3.3.1, basic filtering.</summary>
    public static bool Covers(string range, string tag) =>
        string.Equals(tag, range, StringComparison.OrdinalIgnoreCase)
        || tag.StartsWith(range + "-", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether all words of a search stand in a text.</summary>
    public static bool HasWords(string? search, string text) =>
        search is null
        || search
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .All(word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
}
