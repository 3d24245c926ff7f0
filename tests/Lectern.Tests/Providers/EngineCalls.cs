using Lectern.Providers;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Providers;

/// <summary>Calls of engines that need no key.</summary>
internal static class EngineCalls
{
    public static async Task<Pcm> SpeakAsync(
        this ISpeechEngine engine,
        SpeechRequest request,
        CancellationToken cancel
    ) => (await engine.SynthesizeAsync(request, CallContext.WithoutKey(Guid.NewGuid()), cancel)).Audio;

    public static Task<EngineInspection> InspectAsync(this IEngine engine, CancellationToken cancel) =>
        engine.InspectAsync(null, cancel);
}
