using System.Text.Json;
using System.Text.RegularExpressions;
using static Lectern.Providers.OpenAi.LooseJson;

namespace Lectern.Providers.OpenAi;

/// <summary>The voices of OpenAI, and how other servers list theirs.</summary>
internal static partial class OpenAiVoices
{
    private const int MostVoices = 1_000;
    private const int LongestName = 100;

    // https://platform.openai.com/docs/guides/text-to-speech: PCM and WAV are of 24 kHz. Kokoro's are, too.
    private const int UsualRate = 24_000;

    // https://github.com/openai/openai-openapi/blob/main/openapi.yaml, CreateSpeechRequest.voice.
    private static readonly string[] All =
    [
        "alloy",
        "ash",
        "ballad",
        "coral",
        "echo",
        "fable",
        "onyx",
        "nova",
        "sage",
        "shimmer",
        "verse",
        "marin",
        "cedar",
    ];

    // https://platform.openai.com/docs/guides/text-to-speech#voice-options: what tts-1 and tts-1-hd don't have.
    private static readonly string[] NewModelsOnly = ["ballad", "verse", "marin", "cedar"];

    // The same page: "for best quality".
    private static readonly string[] Recommended = ["marin", "cedar"];

    /// <summary>
    /// OpenAI's voices. It documents neither whose they sound like nor what each is good for, so nothing is said of it.
    /// </summary>
    public static IReadOnlyList<EngineVoice> Documented(string engine, string model) =>
        [
            .. All.Where(name => !model.StartsWith("tts-1", StringComparison.Ordinal) || !NewModelsOnly.Contains(name))
                .Select(name =>
                    Voice(
                        engine,
                        name,
                        EngineVoice.ManyLanguages,
                        VoiceGender.Neutral,
                        Recommended.Contains(name)
                            ? "One of the two voices that OpenAI recommends for quality; at its best in English."
                            : "A voice of OpenAI's, at its best in English.",
                        UsualRate
                    )
                ),
        ];

    /// <summary>
    /// The voices that belong to this model where a server's list of models says so, as that of Speaches does:
    /// https://github.com/speaches-ai/speaches/blob/master/src/speaches/executors/piper.py.
    /// </summary>
    public static IReadOnlyList<EngineVoice>? OfModel(OpenAiServer server, string model, JsonElement? models)
    {
        foreach (var entry in Items(Property(models, "data")))
            if (Text(entry, "id") == model && Property(entry, "voices") is { } voices)
                return Listed(server, voices, Rate(entry));
        return null;
    }

    /// <summary>
    /// What <c>GET audio/voices</c> gave: objects or plain names, in <c>voices</c> or bare.
    /// https://github.com/remsky/Kokoro-FastAPI/blob/master/api/src/routers/openai_compatible.py (both, by version) and
    /// https://github.com/speaches-ai/speaches/blob/master/src/speaches/routers/models.py.
    /// </summary>
    /// <returns>Null when there is none.</returns>
    public static IReadOnlyList<EngineVoice>? Listed(OpenAiServer server, JsonElement? answer) =>
        Listed(server, Property(answer, "voices") ?? answer, UsualRate);

    /// <summary>The voices that the operator named, or else OpenAI's, whose names such servers mostly know.</summary>
    public static IReadOnlyList<EngineVoice> Configured(OpenAiServer server, string model) =>
        server.Voices.Count > 0
            ?
            [
                .. server
                    .Voices.Where(IsName)
                    .Distinct()
                    .Select(name => Voice(server, name, language: null, gender: null, UsualRate)),
            ]
            : Documented(server.Name, model)
                .Select(voice => voice with { Description = $"A voice of {server.Title} under OpenAI's name for it." })
                .ToList();

    private static List<EngineVoice>? Listed(OpenAiServer server, JsonElement? list, int rate)
    {
        var voices = Items(list)
            .Where(item => IsName(NameOf(item)))
            .DistinctBy(NameOf)
            .Take(MostVoices)
            .Select(item => Voice(server, NameOf(item)!, Text(item, "language"), Text(item, "gender"), rate))
            .ToList();
        return voices.Count == 0 ? null : voices;
    }

    private static string? NameOf(JsonElement item) => Text(item) ?? Text(item, "id") ?? Text(item, "name");

    private static EngineVoice Voice(OpenAiServer server, string name, string? language, string? gender, int rate)
    {
        var kokoro = KokoroName().Match(name);
        return Voice(
            server.Name,
            name,
            Tag(language) ?? (kokoro.Success ? KokoroLanguage(name[0]) : EngineVoice.ManyLanguages),
            (gender, kokoro.Success ? name[1] : ' ') switch
            {
                ("female", _) or (null, 'f') => VoiceGender.Female,
                ("male", _) or (null, 'm') => VoiceGender.Male,
                _ => VoiceGender.Neutral,
            },
            $"A voice of {server.Title}.",
            rate
        );
    }

    private static EngineVoice Voice(
        string engine,
        string name,
        string language,
        VoiceGender gender,
        string description,
        int rate
    ) => new($"{engine}-{name}", Called(name), name, language, gender, description, rate);

    // "af_heart" is Heart, "nova" is Nova.
    private static string Called(string name)
    {
        var plain = KokoroName().IsMatch(name) ? name[3..] : name;
        return char.ToUpperInvariant(plain[0]) + plain[1..];
    }

    // https://huggingface.co/hexgrad/Kokoro-82M/blob/main/VOICES.md: language, gender, name.
    private static string KokoroLanguage(char first) =>
        first switch
        {
            'a' => "en-US",
            'b' => "en-GB",
            'e' => "es",
            'f' => "fr-FR",
            'h' => "hi",
            'i' => "it",
            'j' => "ja",
            'p' => "pt-BR",
            _ => "zh",
        };

    // Speaches writes "en-us".
    private static string? Tag(string? language) =>
        language is not null && LanguageTag().Match(language) is { Success: true } tag
            ? tag.Groups[1].Value.ToLowerInvariant()
                + (tag.Groups[2].Success ? "-" + tag.Groups[2].Value.ToUpperInvariant() : "")
            : null;

    // It is a part of an id, of addresses and of messages.
    private static bool IsName(string? name) =>
        !string.IsNullOrWhiteSpace(name)
        && name.Length <= LongestName
        && !name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or '\\' or '?' or '#');

    private static int Rate(JsonElement model) =>
        Property(model, "sample_rate") is { ValueKind: JsonValueKind.Number } number
        && number.TryGetInt32(out var rate)
        && rate is >= 8_000 and <= 192_000
            ? rate
            : UsualRate;

    [GeneratedRegex(@"\A[abefhijpz][fm]_[A-Za-z0-9]+\z")]
    private static partial Regex KokoroName();

    [GeneratedRegex(@"\A([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?\z")]
    private static partial Regex LanguageTag();
}
