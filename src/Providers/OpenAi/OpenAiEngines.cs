using Lectern.Providers.Http;

namespace Lectern.Providers.OpenAi;

/// <summary>Every engine that is reached by OpenAI's API.</summary>
public static class OpenAiEngines
{
    /// <summary>
    /// The engines of OpenAI, of Gemini and of each server that the operator named: those abilities for which there is a
    /// model.
    /// </summary>
    /// <exception cref="InvalidOperationException">A server's settings can't be used; it says which and why.</exception>
    public static IEnumerable<IEngine> All(ProviderSettings settings, VendorHttp http, AudioAnswer audio)
    {
        OpenAiServer[] servers =
        [
            OpenAiServer.OpenAi(settings),
            OpenAiServer.Gemini(settings),
            .. settings.Compatible.Select(server => OpenAiServer.Compatible(server.Key, server.Value)),
        ];
        return servers.SelectMany(server => Of(server, http, audio));
    }

    private static IEnumerable<IEngine> Of(OpenAiServer server, VendorHttp http, AudioAnswer audio)
    {
        if (server.SpeechModel is not null)
            yield return new OpenAiSpeech(server, http, audio);
        if (server.TranscriptionModel is not null)
            yield return new OpenAiTranscriber(server, http);
        if (server.ChatModel is not null)
        {
            yield return new OpenAiScriptWriter(server, http);
            yield return new OpenAiTranslator(server, http);
        }
        if (server.ImageModel is not null)
            yield return new OpenAiImageMaker(server, http);
    }
}
