using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Providers;

/// <summary>
/// Where the vendors' APIs are (another address means a proxy, a region, or a server of one's own), with which models
/// they are used, and the keys of the platform, for workspaces that have none of their own in their vault.
/// </summary>
public sealed class ProviderSettings
{
    /// <summary>OpenAI, or any server that speaks its API.</summary>
    [Description("The address of OpenAI's API, or of a server that speaks it.")]
    [Required]
    public Uri OpenAiUrl { get; set; } = new("https://api.openai.com/v1/");

    /// <summary>The platform's key of OpenAI.</summary>
    [Description("The platform's key of OpenAI, for workspaces without one of their own.")]
    [DataType(DataType.Password)]
    public string? OpenAiKey { get; set; }

    /// <summary>OpenAI's model of speech.</summary>
    [Description("OpenAI's model of speech.")]
    [Required]
    public string OpenAiSpeechModel { get; set; } = "gpt-4o-mini-tts";

    /// <summary>OpenAI's model of transcription.</summary>
    [Description("OpenAI's model of transcription; whisper-1 is the one that gives times of words.")]
    [Required]
    public string OpenAiTranscriptionModel { get; set; } = "whisper-1";

    /// <summary>OpenAI's model of scripts and translation.</summary>
    [Description("OpenAI's model of scripts and translation; it must take a JSON schema.")]
    [Required]
    public string OpenAiChatModel { get; set; } = "gpt-4.1-mini";

    /// <summary>OpenAI's model of images.</summary>
    [Description("OpenAI's model of images.")]
    [Required]
    public string OpenAiImageModel { get; set; } = "gpt-image-1";

    /// <summary>Servers that speak OpenAI's API, by a name of their own.</summary>
    public Dictionary<string, CompatibleServerSettings> Compatible { get; set; } =
        new(StringComparer.OrdinalIgnoreCase);

    /// <summary>ElevenLabs.</summary>
    [Description("The address of ElevenLabs' API.")]
    [Required]
    public Uri ElevenLabsUrl { get; set; } = new("https://api.elevenlabs.io/v1/");

    /// <summary>The platform's key of ElevenLabs.</summary>
    [Description("The platform's key of ElevenLabs, for workspaces without one of their own.")]
    [DataType(DataType.Password)]
    public string? ElevenLabsKey { get; set; }

    /// <summary>ElevenLabs' model of speech.</summary>
    [Description("ElevenLabs' model of speech.")]
    [Required]
    public string ElevenLabsSpeechModel { get; set; } = "eleven_multilingual_v2";

    /// <summary>Google Gemini.</summary>
    [Description("The address of Google Gemini's API.")]
    [Required]
    public Uri GeminiUrl { get; set; } = new("https://generativelanguage.googleapis.com/v1beta/");

    /// <summary>The platform's key of Google Gemini.</summary>
    [Description("The platform's key of Google Gemini, for workspaces without one of their own.")]
    [DataType(DataType.Password)]
    public string? GeminiKey { get; set; }

    /// <summary>Gemini's model of scripts and translation.</summary>
    [Description("Gemini's model of scripts and translation.")]
    [Required]
    public string GeminiChatModel { get; set; } = "gemini-2.5-flash";

    /// <summary>Inworld.</summary>
    [Description("The address of Inworld's speech API.")]
    [Required]
    public Uri InworldUrl { get; set; } = new("https://api.inworld.ai/tts/v1/");

    /// <summary>The platform's key of Inworld.</summary>
    [Description(
        "The platform's key of Inworld (Base64, as its portal shows it), for workspaces without one of their own."
    )]
    [DataType(DataType.Password)]
    public string? InworldKey { get; set; }

    /// <summary>Inworld's model of speech.</summary>
    [Description("Inworld's model of speech.")]
    [Required]
    public string InworldSpeechModel { get; set; } = "inworld-tts-1";

    /// <summary>A server of F5-TTS.</summary>
    [Description(
        "The address of an F5-TTS server (its Gradio app), such as http://localhost:7860/. Without it, F5-TTS is off."
    )]
    public Uri? F5TtsUrl { get; set; }

    /// <summary>fal's platform API.</summary>
    [Description("The address of fal's platform API.")]
    [Required]
    public Uri FalUrl { get; set; } = new("https://api.fal.ai/v1/");

    /// <summary>fal's queue.</summary>
    [Description("The address of fal's queue.")]
    [Required]
    public Uri FalQueueUrl { get; set; } = new("https://queue.fal.run/");

    /// <summary>The platform's key of fal.</summary>
    [Description("The platform's key of fal, for workspaces without one of their own.")]
    [DataType(DataType.Password)]
    public string? FalKey { get; set; }

    /// <summary>fal's model of images.</summary>
    [Description("fal's model of images.")]
    [Required]
    public string FalImageModel { get; set; } = "fal-ai/flux/schnell";

    /// <summary>ImageRouter.</summary>
    [Description("The address of ImageRouter's API.")]
    [Required]
    public Uri ImageRouterUrl { get; set; } = new("https://api.imagerouter.io/v1/");

    /// <summary>The platform's key of a provider or a compatible server; null when it has none.</summary>
    public string? KeyOf(string provider) =>
        provider switch
        {
            "openai" => Given(OpenAiKey),
            "elevenlabs" => Given(ElevenLabsKey),
            "gemini" => Given(GeminiKey),
            "inworld" => Given(InworldKey),
            "fal" => Given(FalKey),
            _ => Compatible.TryGetValue(provider, out var server) ? Given(server.Key) : null,
        };

    private static string? Given(string? key) => string.IsNullOrWhiteSpace(key) ? null : key.Trim();

    /// <summary>
    /// The address as one that a relative path can follow: a relative path replaces what stands behind the last slash.
    /// </summary>
    internal static Uri Folder(Uri url) =>
        url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/", UriKind.Absolute);
}

/// <summary>
/// A server that speaks OpenAI's API, such as Kokoro-FastAPI, Speaches, vLLM, Ollama or LocalAI. It has the abilities for
/// which a model is set.
/// </summary>
public sealed class CompatibleServerSettings
{
    /// <summary>Where it is.</summary>
    [Description("The address of the server's API, with its version: http://localhost:8880/v1/.")]
    public Uri? Url { get; set; }

    /// <summary>Its key, if it wants one.</summary>
    [Description("The server's key; most want none.")]
    [DataType(DataType.Password)]
    public string? Key { get; set; }

    /// <summary>Its model of speech.</summary>
    [Description("Its model of speech, such as kokoro; without one it isn't used for speech.")]
    public string? SpeechModel { get; set; }

    /// <summary>Its voices.</summary>
    [Description("Its voices, where it doesn't list them at audio/voices.")]
    public string[] Voices { get; set; } = [];

    /// <summary>Its model of transcription.</summary>
    [Description("Its model of transcription, such as Systran/faster-whisper-small.")]
    public string? TranscriptionModel { get; set; }

    /// <summary>Its model of scripts and translation.</summary>
    [Description("Its model of scripts and translation, such as llama3.2.")]
    public string? ChatModel { get; set; }

    /// <summary>Its model of images.</summary>
    [Description("Its model of images.")]
    public string? ImageModel { get; set; }

    /// <summary>How many requests at a time it takes.</summary>
    [Description("How many requests at a time it takes.")]
    [Range(1, 1000)]
    public int Concurrency { get; set; } = 2;
}
