using Lectern.Providers;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Voices;

/// <summary>An engine whose state the test sets, and that counts what it was asked to speak.</summary>
internal sealed class FakeEngine(string name, params EngineVoice[] voices) : ISpeechEngine
{
    private int _spoken;

    public string Name => name;

    public EngineLimits Limits { get; } = new(1_000, 0.5, 2, 1);

    public string Version { get; set; } = $"{name}-1";

    /// <summary>Null while it can be used.</summary>
    public string? Unavailable { get; set; }

    /// <summary>What speaking comes to; a plausible tone by default.</summary>
    public Func<SpeechRequest, Task<Pcm>> Speak { get; set; } = _ => Task.FromResult(Tone());

    public int Spoken => _spoken;

    public static EngineVoice Voice(string id, string language, VoiceGender gender) =>
        new(id, id, id, language, gender, "A voice.", 16_000);

    public Task<EngineInspection> InspectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(
            Unavailable is null ? new EngineInspection(Version, null, voices) : EngineInspection.Absent(Unavailable)
        );

    public Task<Pcm> SynthesizeAsync(SpeechRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _spoken);
        return Speak(request);
    }

    public static Pcm Tone() =>
        new(Enumerable.Range(0, 48_000).Select(i => (short)(10_000 * Math.Sin(i / 10.0))).ToArray(), 16_000);
}
