using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Providers;

/// <summary>Where the vendors' APIs are: another address means a proxy, a region, or a server of one's own.</summary>
public sealed class ProviderSettings
{
    /// <summary>OpenAI, or any server that speaks its API.</summary>
    [Description("The address of OpenAI's API, or of a server that speaks it.")]
    [Required]
    public Uri OpenAiUrl { get; set; } = new("https://api.openai.com/v1/");

    /// <summary>ElevenLabs.</summary>
    [Description("The address of ElevenLabs' API.")]
    [Required]
    public Uri ElevenLabsUrl { get; set; } = new("https://api.elevenlabs.io/v1/");

    /// <summary>Google Gemini.</summary>
    [Description("The address of Google Gemini's API.")]
    [Required]
    public Uri GeminiUrl { get; set; } = new("https://generativelanguage.googleapis.com/v1beta/");

    /// <summary>Inworld.</summary>
    [Description("The address of Inworld's speech API.")]
    [Required]
    public Uri InworldUrl { get; set; } = new("https://api.inworld.ai/tts/v1/");

    /// <summary>fal.</summary>
    [Description("The address of fal's platform API.")]
    [Required]
    public Uri FalUrl { get; set; } = new("https://api.fal.ai/v1/");

    /// <summary>ImageRouter.</summary>
    [Description("The address of ImageRouter's API.")]
    [Required]
    public Uri ImageRouterUrl { get; set; } = new("https://api.imagerouter.io/v1/");
}
