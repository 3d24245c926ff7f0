using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.Local;
using Lectern.Providers.OpenAi;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Engines;

/// <summary>The one list of engines. A new provider is a folder under Providers and its lines here.</summary>
internal static class KnownEngines
{
    public static EngineSet Of(
        LocalEngineOptions programs,
        ProviderSettings settings,
        VendorHttp http,
        AudioAnswer audio
    ) => new([new FliteEngine(programs), new EspeakNgEngine(programs), .. OpenAiEngines.All(settings, http, audio)]);
}
