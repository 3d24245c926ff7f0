namespace Lectern.Providers.ElevenLabs;

/// <summary>
/// A model of speech and what it takes: https://elevenlabs.io/docs/models (characters, concurrency on the Creator plan),
/// …/docs/best-practices/prompting/controls (phonemes), …/docs/api-reference/text-to-speech (language_code).
/// </summary>
/// <param name="Id">As ElevenLabs calls it.</param>
/// <param name="Title">For people.</param>
/// <param name="MaxCharacters">The longest text.</param>
/// <param name="Concurrency">How many requests at a time.</param>
internal sealed record ElevenLabsModel(string Id, string Title, int MaxCharacters, int Concurrency)
{
    public static readonly IReadOnlyList<ElevenLabsModel> All =
    [
        new("eleven_v3", "Eleven v3", 3_000, 5) { TakesLanguage = true },
        new("eleven_multilingual_v2", "Multilingual v2", 10_000, 5),
        new("eleven_flash_v2_5", "Flash v2.5", 40_000, 10) { TakesLanguage = true },
        new("eleven_turbo_v2_5", "Turbo v2.5", 40_000, 10) { TakesLanguage = true },
        new("eleven_flash_v2", "Flash v2 (English)", 30_000, 10) { TakesIpa = true },
        new("eleven_turbo_v2", "Turbo v2 (English)", 30_000, 10) { TakesIpa = true },
        new("eleven_monolingual_v1", "English v1", 10_000, 5) { TakesIpa = true },
    ];

    /// <summary>Whether it speaks phoneme tags. The others leave the word out without a word.</summary>
    public bool TakesIpa { get; init; }

    /// <summary>Whether it can be told the language; others find it out, and may refuse a request that tells it.</summary>
    public bool TakesLanguage { get; init; }

    /// <summary>The one of this id; of one that isn't known, the least is believed.</summary>
    public static ElevenLabsModel Of(string id) =>
        All.FirstOrDefault(model => model.Id == id) ?? new ElevenLabsModel(id, id, 3_000, 5);
}
