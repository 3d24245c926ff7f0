using System.Collections.Concurrent;
using Lectern.Providers;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Voices;

/// <summary>An engine whose state the test sets, and that counts what it was asked to speak.</summary>
internal sealed class FakeEngine(string name, params EngineVoice[] voices) : ISpeechEngine
{
    private int _spoken;

    public string Name => name;

    public EngineLimits Limits { get; init; } =
        new(1)
        {
            MaxCharacters = 1_000,
            MinSpeed = 0.5,
            MaxSpeed = 2,
        };

    public string Version { get; set; } = $"{name}-1";

    /// <summary>Null while it can be used.</summary>
    public string? Unavailable { get; set; }

    /// <summary>What speaking comes to; a plausible tone by default.</summary>
    public Func<SpeechRequest, Task<Pcm>> Speak { get; set; } = _ => Task.FromResult(Tone());

    public int Spoken => _spoken;

    public static EngineVoice Voice(string id, string language, VoiceGender gender) =>
        new(id, id, id, language, gender, "A voice.", 16_000);

    /// <summary>What it says of itself to a key; by default, whether it can be used.</summary>
    public Func<string?, EngineInspection>? Inspect { get; set; }

    /// <summary>When it says so, whatever else is set.</summary>
    public Task<EngineInspection>? Inspected { get; set; }

    /// <summary>Ends what it is asked at present.</summary>
    public CancellationToken Patience { get; private set; }

    /// <summary>With which keys it was asked to speak, in order.</summary>
    public ConcurrentQueue<string?> Keys { get; } = new();

    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        Inspected
        ?? Task.FromResult(
            Inspect?.Invoke(key)
                ?? (
                    Unavailable is null
                        ? new EngineInspection(Version, null, voices)
                        : EngineInspection.Absent(Unavailable)
                )
        );

    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Interlocked.Increment(ref _spoken);
        Keys.Enqueue(context.Key);
        Patience = cancel;
        return new Speech(await Speak(request));
    }

    public static Pcm Tone() =>
        new(Enumerable.Range(0, 48_000).Select(i => (short)(10_000 * Math.Sin(i / 10.0))).ToArray(), 16_000);
}
