namespace Lectern.Providers;

/// <summary>A vendor whose keys people bring along.</summary>
/// <param name="Name">Stable, in the API and in the database: <c>openai</c>.</param>
/// <param name="Title">What the vendor calls itself.</param>
/// <param name="BaseUrl">Where its API is, ending in a slash.</param>
/// <param name="KeyPrefix">What its keys begin with; empty where there is no such rule.</param>
/// <param name="Test">How to find out whether a key is good, at no cost.</param>
public sealed record KnownProvider(string Name, string Title, Uri BaseUrl, string KeyPrefix, KeyTest Test);

/// <summary>A GET that answers 2xx to a good key.</summary>
/// <param name="Path">Relative to the base URL.</param>
/// <param name="Header">The header that carries the key.</param>
/// <param name="Scheme">What stands before the key in it, with its space; empty for nothing.</param>
public sealed record KeyTest(string Path, string Header, string Scheme)
{
    /// <summary>
    /// A text in the body of a refusal that means that the key is good but may not do this: keys can be limited to speech.
    /// </summary>
    public string? LimitedKey { get; init; }

    /// <summary>A text in the body of a 400 that means that the key is wrong.</summary>
    public string? WrongKey { get; init; }
}

/// <summary>The vendors that are known, with the addresses that the operator configured.</summary>
public sealed class ProviderCatalogue
{
    /// <summary>The catalogue of an installation.</summary>
    public ProviderCatalogue(ProviderSettings settings)
    {
        All =
        [
            // https://platform.openai.com/docs/api-reference/models/list
            new KnownProvider(
                "openai",
                "OpenAI",
                ProviderSettings.Folder(settings.OpenAiUrl),
                "sk-",
                new KeyTest("models", "Authorization", "Bearer ") { LimitedKey = "Missing scopes" }
            ),
            // https://elevenlabs.io/docs/api-reference/user/get
            new KnownProvider(
                "elevenlabs",
                "ElevenLabs",
                ProviderSettings.Folder(settings.ElevenLabsUrl),
                "",
                new KeyTest("user", "xi-api-key", "") { LimitedKey = "missing_permissions" }
            ),
            // https://ai.google.dev/api/models#method:-models.list; a wrong key is a bad request there
            new KnownProvider(
                "gemini",
                "Google Gemini",
                ProviderSettings.Folder(settings.GeminiUrl),
                "",
                new KeyTest("models?pageSize=1", "x-goog-api-key", "") { WrongKey = "API_KEY_INVALID" }
            ),
            // https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/list-voices, which stands beside tts/v1/
            new KnownProvider(
                "inworld",
                "Inworld",
                ProviderSettings.Folder(settings.InworldUrl),
                "",
                new KeyTest("../../voices/v1/voices?pageSize=1", "Authorization", "Basic ")
            ),
            // https://docs.fal.ai/platform-apis/v1/models/pricing
            new KnownProvider(
                "fal",
                "fal",
                ProviderSettings.Folder(settings.FalUrl),
                "",
                new KeyTest("models/pricing?endpoint_id=fal-ai/flux/dev", "Authorization", "Key ")
            ),
            // https://docs.imagerouter.io/api-reference/credits
            new KnownProvider(
                "imagerouter",
                "ImageRouter",
                ProviderSettings.Folder(settings.ImageRouterUrl),
                "",
                new KeyTest("credits", "Authorization", "Bearer ")
            ),
        ];
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<KnownProvider> All { get; }

    /// <summary>The one of this name; null if there is none.</summary>
    public KnownProvider? Find(string name) => All.FirstOrDefault(provider => provider.Name == name);
}
