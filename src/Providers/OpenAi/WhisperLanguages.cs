namespace Lectern.Providers.OpenAi;

/// <summary>How Whisper calls languages: by English names in its answers, by ISO 639-1 codes in requests.</summary>
/// <remarks>
/// https://github.com/openai/whisper/blob/main/whisper/tokenizer.py. The framework's own names are no help: Lectern runs
/// without the data of cultures.
/// </remarks>
internal static class WhisperLanguages
{
    private static readonly Dictionary<string, string> Codes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["afrikaans"] = "af",
        ["albanian"] = "sq",
        ["amharic"] = "am",
        ["arabic"] = "ar",
        ["armenian"] = "hy",
        ["assamese"] = "as",
        ["azerbaijani"] = "az",
        ["bashkir"] = "ba",
        ["basque"] = "eu",
        ["belarusian"] = "be",
        ["bengali"] = "bn",
        ["bosnian"] = "bs",
        ["breton"] = "br",
        ["bulgarian"] = "bg",
        ["cantonese"] = "yue",
        ["catalan"] = "ca",
        ["chinese"] = "zh",
        ["croatian"] = "hr",
        ["czech"] = "cs",
        ["danish"] = "da",
        ["dutch"] = "nl",
        ["english"] = "en",
        ["estonian"] = "et",
        ["faroese"] = "fo",
        ["finnish"] = "fi",
        ["french"] = "fr",
        ["galician"] = "gl",
        ["georgian"] = "ka",
        ["german"] = "de",
        ["greek"] = "el",
        ["gujarati"] = "gu",
        ["haitian creole"] = "ht",
        ["hausa"] = "ha",
        ["hawaiian"] = "haw",
        ["hebrew"] = "he",
        ["hindi"] = "hi",
        ["hungarian"] = "hu",
        ["icelandic"] = "is",
        ["indonesian"] = "id",
        ["italian"] = "it",
        ["japanese"] = "ja",
        ["javanese"] = "jv",
        ["kannada"] = "kn",
        ["kazakh"] = "kk",
        ["khmer"] = "km",
        ["korean"] = "ko",
        ["lao"] = "lo",
        ["latin"] = "la",
        ["latvian"] = "lv",
        ["lingala"] = "ln",
        ["lithuanian"] = "lt",
        ["luxembourgish"] = "lb",
        ["macedonian"] = "mk",
        ["malagasy"] = "mg",
        ["malay"] = "ms",
        ["malayalam"] = "ml",
        ["maltese"] = "mt",
        ["maori"] = "mi",
        ["marathi"] = "mr",
        ["mongolian"] = "mn",
        ["myanmar"] = "my",
        ["nepali"] = "ne",
        ["norwegian"] = "no",
        ["nynorsk"] = "nn",
        ["occitan"] = "oc",
        ["pashto"] = "ps",
        ["persian"] = "fa",
        ["polish"] = "pl",
        ["portuguese"] = "pt",
        ["punjabi"] = "pa",
        ["romanian"] = "ro",
        ["russian"] = "ru",
        ["sanskrit"] = "sa",
        ["serbian"] = "sr",
        ["shona"] = "sn",
        ["sindhi"] = "sd",
        ["sinhala"] = "si",
        ["slovak"] = "sk",
        ["slovenian"] = "sl",
        ["somali"] = "so",
        ["spanish"] = "es",
        ["sundanese"] = "su",
        ["swahili"] = "sw",
        ["swedish"] = "sv",
        ["tagalog"] = "tl",
        ["tajik"] = "tg",
        ["tamil"] = "ta",
        ["tatar"] = "tt",
        ["telugu"] = "te",
        ["thai"] = "th",
        ["tibetan"] = "bo",
        ["turkish"] = "tr",
        ["turkmen"] = "tk",
        ["ukrainian"] = "uk",
        ["urdu"] = "ur",
        ["uzbek"] = "uz",
        ["vietnamese"] = "vi",
        ["welsh"] = "cy",
        ["yiddish"] = "yi",
        ["yoruba"] = "yo",
    };

    /// <summary>The BCP-47 tag of a language as an answer names it; null when it isn't known.</summary>
    public static string? Tag(string? name) =>
        name is null ? null
        : Codes.TryGetValue(name, out var code) ? code
        : Codes.ContainsValue(name.ToLowerInvariant()) ? name.ToLowerInvariant() // Speaches answers with the code
        : null;

    /// <summary>What a request may name for a BCP-47 tag; null, so that the model finds out, when there is none.</summary>
    public static string? Code(string? tag)
    {
        var language = tag?.Split('-', '_')[0].ToLowerInvariant();
        return language switch
        {
            null => null,
            "nb" => "no", // Bokmål
            "jv" => "jw", // its code before 2001, which Whisper keeps
            _ => language.Length == 2 && Codes.ContainsValue(language) ? language : null,
        };
    }
}
