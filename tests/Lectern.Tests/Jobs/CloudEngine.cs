using Lectern.Providers;

namespace Lectern.Tests.Jobs;

/// <summary>The real flite as if it were a service: another name, a place for each call, and nothing else.</summary>
internal sealed class CloudEngine(ISpeechEngine flite) : ISpeechEngine
{
    public const string Voice = "cloud-slt";

    public const string French = "cloud-amelie";

    public string Name => "cloud";

    public EngineLimits Limits => flite.Limits with { Concurrency = 3, IsRemote = true };

    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        var found = await flite.InspectAsync(key, cancel);
        var slt = found.Voices.First(voice => voice.Id == "flite-slt");
        return found with { Voices = [slt with { Id = Voice }, slt with { Id = French, Language = "fr" }] };
    }

    public Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel) =>
        flite.SynthesizeAsync(request, context, cancel);
}
