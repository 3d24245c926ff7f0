namespace Lectern.Providers.ElevenLabs;

/// <summary>ElevenLabs' voices as the catalogue shows them.</summary>
internal static class ElevenLabsVoices
{
    /// <summary>
    /// The voices that every account has, for a catalogue without a key:
    /// https://elevenlabs.io/docs/product-guides/voices/default-voices.
    /// </summary>
    public static readonly IReadOnlyList<EngineVoice> Known =
    [
        Premade("Xb7hH8MSUJpSbSDYk0k2", "Alice", "female", "british", "confident", "news"),
        Premade("9BWtsMINqrJLrRacOk9x", "Aria", "female", "american", "expressive", "social media"),
        Premade("pqHfZKP75CvOlQylNhV4", "Bill", "male", "american", "trustworthy", "narration"),
        Premade("nPczCjzI2devNBz1zQrb", "Brian", "male", "american", "deep", "narration"),
        Premade("N2lVS1w4EtoT3dr4eOWO", "Callum", "male", "transatlantic", "intense", "characters"),
        Premade("IKne3meq5aSn9XLyUdCD", "Charlie", "male", "australian", "natural", "conversation"),
        Premade("XB0fDUnXU5powFXDhCwa", "Charlotte", "female", "swedish", "seductive", "characters"),
        Premade("iP95p4xoKVk53GoZ742B", "Chris", "male", "american", "casual", "conversation"),
        Premade("onwK4e9ZLuTAKqWW03F9", "Daniel", "male", "british", "authoritative", "news"),
        Premade("cjVigY5qzO86Huf0OWal", "Eric", "male", "american", "friendly", "conversation"),
        Premade("JBFqnCBsd6RMkjVDRZzb", "George", "male", "british", "warm", "narration"),
        Premade("cgSgspJ2msm6clMCkdW9", "Jessica", "female", "american", "expressive", "conversation"),
        Premade("FGY2WhTYpPnrIDTdsKH5", "Laura", "female", "american", "upbeat", "social media"),
        Premade("TX3LPaxmHKxFdv7VOQHJ", "Liam", "male", "american", "articulate", "narration"),
        Premade("pFZP5JQG7iQjIQuC4Bku", "Lily", "female", "british", "warm", "narration"),
        Premade("XrExE9yKIg1WjnnlVkGX", "Matilda", "female", "american", "friendly", "narration"),
        Premade("SAz9YHcvj6GT2YYXdXww", "River", "non-binary", "american", "confident", "social media"),
        Premade("CwhRBWXzGAHq8TQ4Fs17", "Roger", "male", "american", "confident", "social media"),
        Premade("EXAVITQu4vr4xnSDxMaL", "Sarah", "female", "american", "soft", "news"),
        Premade("bIHbv24MWmeRgasZH58o", "Will", "male", "american", "friendly", "social media"),
    ];

    /// <summary>
    /// Null for what is not for the catalogue: clones, which are of people who agreed to one character and not to all the
    /// world, and what has no id.
    /// </summary>
    public static EngineVoice? Of(VoiceAnswer? voice)
    {
        if (string.IsNullOrEmpty(voice?.VoiceId) || voice.Category == "cloned")
            return null;
        var accent = Label("accent");
        var language = Label("language");
        return new EngineVoice(
            // In ElevenLabs' own case: two ids may differ in nothing else.
            "elevenlabs-" + voice.VoiceId,
            string.IsNullOrWhiteSpace(voice.Name) ? voice.VoiceId : Shortened(voice.Name.Trim()),
            voice.VoiceId,
            language is { Length: 2 or 3 } ? Tag(language, accent) : EngineVoice.ManyLanguages,
            Label("gender")?.ToLowerInvariant() switch
            {
                "female" => VoiceGender.Female,
                "male" => VoiceGender.Male,
                _ => VoiceGender.Neutral,
            },
            string.IsNullOrWhiteSpace(voice.Description)
                ? Described(Label("descriptive") ?? Label("description"), accent, Label("use_case"))
                : Shortened(voice.Description.Trim()),
            ElevenLabsSpeech.Rate,
            // Trained on hours of a person's speech, and paid for by plan or by share.
            voice.Category
                is "professional"
                    or "high_quality"
                ? "premium"
                : EngineVoice.StandardClass
        );

        string? Label(string name) =>
            voice.Labels?.GetValueOrDefault(name) is { } value && !string.IsNullOrWhiteSpace(value)
                ? value.Trim().Replace('_', ' ')
                : null;
    }

    private static EngineVoice Premade(string id, string name, string gender, string accent, string how, string use) =>
        Of(
            new VoiceAnswer(
                id,
                name,
                "premade",
                null,
                new Dictionary<string, string?>
                {
                    ["gender"] = gender,
                    ["accent"] = accent,
                    ["descriptive"] = how,
                    ["use_case"] = use,
                    ["language"] = "en",
                }
            )
        )!;

    private static string Tag(string language, string? accent) =>
        (language.ToLowerInvariant(), accent?.ToLowerInvariant()) switch
        {
            ("en", "american") => "en-US",
            ("en", "british") => "en-GB",
            ("en", "australian") => "en-AU",
            ("en", "irish") => "en-IE",
            ("en", "indian") => "en-IN",
            var (other, _) => other,
        };

    private static string Described(string? how, string? accent, string? use)
    {
        var of = string.Join(", ", new[] { how?.ToLowerInvariant(), Capitalized(accent) }.OfType<string>());
        var voice = of.Length == 0 ? "A voice" : $"A voice ({of})";
        return use is null ? $"{voice}." : $"{voice} for {use.ToLowerInvariant()}.";
    }

    private static string? Capitalized(string? word) =>
        word is null ? null : char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant();

    private static string Shortened(string text) => text.Length <= 300 ? text : text[..299] + "…";
}
