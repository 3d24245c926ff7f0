using Lectern.Providers;
using Lectern.Providers.ElevenLabs;
using Lectern.Providers.F5Tts;
using Lectern.Providers.Fal;
using Lectern.Providers.Http;
using Lectern.Providers.Inworld;
using Lectern.Providers.Local;
using Lectern.Providers.OpenAi;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Engines;

/// <summary>The one list of engines. A new provider is a folder under Providers and its lines here.</summary>
internal static class KnownEngines
{
    public static EngineSet Of(
        LocalEngineOptions programs,
        ProviderSettings settings,
        VendorHttp http,
        AudioAnswer audio,
        Ffmpeg ffmpeg,
        TimeProvider time
    ) =>
        new([
            new FliteEngine(programs),
            new EspeakNgEngine(programs),
            new FestivalEngine(programs),
            new RhVoiceEngine(programs),
            new PocketsphinxTranscriber(programs, ffmpeg),
            new ApertiumTranslator(programs),
            new ExtractiveScriptWriter(),
            new CoverMaker(programs),
            .. OpenAiEngines.All(settings, http, audio),
            new ElevenLabsSpeech(settings, http),
            new ElevenLabsTranscriber(settings, http),
            new ElevenLabsCloner(settings, http),
            new ElevenLabsDubber(settings, http),
            new InworldSpeech(settings, http, audio),
            new F5TtsSpeech(settings, http, audio),
            new F5TtsCloner(settings, http),
            new FalImageMaker(settings, http, time),
        ]);
}
