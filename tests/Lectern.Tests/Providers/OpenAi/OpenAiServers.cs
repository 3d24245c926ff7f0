using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.OpenAi;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Providers.OpenAi;

/// <summary>Servers at a test's address, and what they answer when all is well.</summary>
internal static class OpenAiServers
{
    public static AudioAnswer Audio { get; } = new(new Ffmpeg(new MediaToolOptions()));

    /// <summary>Half a second of a tone, as OpenAI and Kokoro send it: 24 kHz.</summary>
    public static byte[] Tone { get; } = Wav.Write(Recording(0.5));

    public static OpenAiServer OpenAi(Uri url, Action<ProviderSettings>? change = null)
    {
        var settings = new ProviderSettings { OpenAiUrl = url };
        change?.Invoke(settings);
        return OpenAiServer.OpenAi(settings);
    }

    public static OpenAiServer Gemini(Uri url) => OpenAiServer.Gemini(new ProviderSettings { GeminiUrl = url });

    public static OpenAiServer Compatible(string name, Uri url, params string[] voices) =>
        OpenAiServer.Compatible(
            name,
            new CompatibleServerSettings
            {
                Url = url,
                SpeechModel = "kokoro",
                TranscriptionModel = "Systran/faster-whisper-small",
                ChatModel = "llama3.2",
                ImageModel = "flux.1-dev",
                Voices = voices,
            }
        );

    public static Pcm Recording(double seconds)
    {
        var samples = new short[(int)(seconds * 24_000)];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(8_000 * Math.Sin(i * 0.1));
        return new Pcm(samples, 24_000);
    }

    /// <summary>https://platform.openai.com/docs/api-reference/chat/object.</summary>
    public static string Chat(string? content, string finish = "stop", string? refusal = null) =>
        new JsonObject
        {
            ["id"] = "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            ["object"] = "chat.completion",
            ["created"] = 1741570283,
            ["model"] = "gpt-4.1-mini-2025-04-14",
            ["choices"] = new JsonArray(
                new JsonObject
                {
                    ["index"] = 0,
                    ["message"] = new JsonObject
                    {
                        ["role"] = "assistant",
                        ["content"] = content,
                        ["refusal"] = refusal,
                        ["annotations"] = new JsonArray(),
                    },
                    ["logprobs"] = null,
                    ["finish_reason"] = finish,
                }
            ),
            ["usage"] = new JsonObject
            {
                ["prompt_tokens"] = 19,
                ["completion_tokens"] = 10,
                ["total_tokens"] = 29,
            },
            ["service_tier"] = "default",
        }.ToJsonString();

    public static JsonElement Json(this VendorRequest request) => JsonElement.Parse(request.Body);
}
