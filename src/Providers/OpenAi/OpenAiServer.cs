using System.Text.RegularExpressions;

namespace Lectern.Providers.OpenAi;

/// <summary>Whose reading of OpenAI's API a server follows, where they differ.</summary>
public enum OpenAiDialect
{
    /// <summary>OpenAI itself: it refuses parameters that it doesn't know.</summary>
    OpenAi,

    /// <summary>Google's endpoint for Gemini: chat only, and Google's own errors.</summary>
    Gemini,

    /// <summary>Anything else: each takes a part of the API, and passes over what it doesn't know.</summary>
    Compatible,
}

/// <summary>A server that speaks OpenAI's API.</summary>
/// <param name="Name">Its engines' name: <c>openai</c>, <c>gemini</c>, or what the operator calls it.</param>
/// <param name="Title">For people.</param>
/// <param name="Url">Where the API is, ending in a slash.</param>
/// <param name="Dialect">What it does differently.</param>
/// <param name="Concurrency">How many requests at a time use it well.</param>
/// <param name="HowToGetKey">What to do about a missing or refused key, in a sentence.</param>
public sealed partial record OpenAiServer(
    string Name,
    string Title,
    Uri Url,
    OpenAiDialect Dialect,
    int Concurrency,
    string HowToGetKey
)
{
    // Voices' ids begin with an engine's name, and calls are recorded under it: a server must not pass for another.
    private static readonly string[] TakenNames =
    [
        "openai",
        "gemini",
        "elevenlabs",
        "inworld",
        "fal",
        "imagerouter",
        "f5tts",
        "flite",
        "espeak",
        "festival",
        "rhvoice",
        "pocketsphinx",
        "apertium",
    ];

    /// <summary>Its model of speech; null when it isn't used for that.</summary>
    public string? SpeechModel { get; init; }

    /// <summary>Its model of transcription; null when it isn't used for that.</summary>
    public string? TranscriptionModel { get; init; }

    /// <summary>Its model of scripts and translation; null when it isn't used for that.</summary>
    public string? ChatModel { get; init; }

    /// <summary>Its model of images; null when it isn't used for that.</summary>
    public string? ImageModel { get; init; }

    /// <summary>The voices that the operator named; empty when the server lists its own.</summary>
    public IReadOnlyList<string> Voices { get; init; } = [];

    /// <summary>Whether it can't be used without a key. Most servers that people run themselves want none.</summary>
    public bool NeedsKey => Dialect != OpenAiDialect.Compatible;

    /// <summary>OpenAI.</summary>
    public static OpenAiServer OpenAi(ProviderSettings settings) =>
        new(
            "openai",
            "OpenAI",
            ProviderSettings.Folder(settings.OpenAiUrl),
            OpenAiDialect.OpenAi,
            Concurrency: 8,
            KeyFrom(nameof(ProviderSettings.OpenAiKey))
        )
        {
            SpeechModel = settings.OpenAiSpeechModel,
            TranscriptionModel = settings.OpenAiTranscriptionModel,
            ChatModel = settings.OpenAiChatModel,
            ImageModel = settings.OpenAiImageModel,
        };

    /// <summary>Gemini, by its OpenAI-compatible endpoint: https://ai.google.dev/gemini-api/docs/openai.</summary>
    public static OpenAiServer Gemini(ProviderSettings settings) =>
        new(
            "gemini",
            "Google Gemini",
            new Uri(ProviderSettings.Folder(settings.GeminiUrl), "openai/"),
            OpenAiDialect.Gemini,
            Concurrency: 4,
            KeyFrom(nameof(ProviderSettings.GeminiKey))
        )
        {
            ChatModel = settings.GeminiChatModel,
        };

    /// <summary>A server of the operator's.</summary>
    /// <exception cref="InvalidOperationException">Its settings can't be used; it says which and why.</exception>
    public static OpenAiServer Compatible(string name, CompatibleServerSettings settings)
    {
        var section = $"Lectern:Providers:Compatible:{name}";
        var lower = name.ToLowerInvariant();
        if (!ServerName().IsMatch(lower))
            throw new InvalidOperationException(
                $"{section}: a server's name has at most 32 letters a-z, digits and underscores, and begins with a letter."
            );
        if (TakenNames.Contains(lower))
            throw new InvalidOperationException($"{section}: that is the name of another engine.");
        if (settings.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" } url)
            throw new InvalidOperationException($"{section}:Url must be an http or https address.");
        return new OpenAiServer(
            lower,
            name,
            ProviderSettings.Folder(url),
            OpenAiDialect.Compatible,
            settings.Concurrency,
            $"Set Lectern__Providers__Compatible__{name}__Key and restart."
        )
        {
            SpeechModel = NotBlank(settings.SpeechModel),
            TranscriptionModel = NotBlank(settings.TranscriptionModel),
            ChatModel = NotBlank(settings.ChatModel),
            ImageModel = NotBlank(settings.ImageModel),
            Voices = settings.Voices,
        };
    }

    private static string KeyFrom(string setting) =>
        $"Set Lectern__Providers__{setting} and restart, or add one to the workspace's vault.";

    private static string? NotBlank(string? model) => string.IsNullOrWhiteSpace(model) ? null : model.Trim();

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,31}\z")]
    private static partial Regex ServerName();
}
