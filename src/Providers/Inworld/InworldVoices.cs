namespace Lectern.Providers.Inworld;

/// <summary>Inworld's voices as the catalogue shows them.</summary>
internal static class InworldVoices
{
    /// <summary>
    /// Some that every account has, for a catalogue without a key:
    /// https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/list-voices.
    /// </summary>
    public static readonly IReadOnlyList<EngineVoice> Known =
    [
        System("Alex", VoiceGender.Male, "An energetic, expressive voice of middle pitch, slightly nasal."),
        System("Ashley", VoiceGender.Female, "A warm, natural voice."),
        System("Dennis", VoiceGender.Male, "A middle-aged voice, smooth, calm and friendly."),
    ];

    /// <summary>
    /// Null for what is not for the catalogue: clones, which are of people who agreed to one use and not to all the world,
    /// and what has no id.
    /// </summary>
    public static EngineVoice? Of(VoiceAnswer? voice)
    {
        if (string.IsNullOrEmpty(voice?.VoiceId) || voice.Source is not (null or "SYSTEM"))
            return null;
        var name = string.IsNullOrWhiteSpace(voice.DisplayName) ? voice.VoiceId : voice.DisplayName.Trim();
        var description = string.IsNullOrWhiteSpace(voice.Description) ? $"{name}." : voice.Description.Trim();
        return new EngineVoice(
            "inworld-" + voice.VoiceId,
            name,
            voice.VoiceId,
            Tag(voice.LangCode),
            GenderOf(voice),
            description.Length <= 300 ? description : description[..299] + "…",
            InworldSpeech.Rate
        );
    }

    private static EngineVoice System(string name, VoiceGender gender, string description) =>
        new("inworld-" + name, name, name, "en-US", gender, description, InworldSpeech.Rate);

    // EN_US, or AUTO for a voice of no language.
    private static string Tag(string? code) =>
        code?.Split('_') switch
        {
            [{ Length: 2 or 3 } language, { Length: 2 } region] =>
                $"{language.ToLowerInvariant()}-{region.ToUpperInvariant()}",
            [{ Length: 2 or 3 } language] => language.ToLowerInvariant(),
            _ => EngineVoice.ManyLanguages,
        };

    private static VoiceGender GenderOf(VoiceAnswer voice)
    {
        foreach (var word in (voice.Tags ?? []).Prepend(voice.Gender))
            switch (word?.ToLowerInvariant())
            {
                case "female":
                    return VoiceGender.Female;
                case "male":
                    return VoiceGender.Male;
            }
        return VoiceGender.Neutral;
    }
}
