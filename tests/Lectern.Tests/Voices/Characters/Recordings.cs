using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;
using Lectern.Tests.Providers;

namespace Lectern.Tests.Voices.Characters;

/// <summary>Voice samples: of flite's real voices, and spoiled in every way that samples are.</summary>
internal static class Recordings
{
    public const string Text =
        "The morning was clear, and the road ran down to the sea between low stone walls. Nobody had expected a visitor "
        + "so early. She put the letter on the table, read it again from the beginning, and laughed.";

    private static readonly ConcurrentDictionary<string, Task<Pcm>> Spoken = new();

    public static Ffmpeg Ffmpeg { get; } = new(new MediaToolOptions());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>About ten seconds of a voice of flite; of all tests the same sound.</summary>
    public static Task<Pcm> OfAsync(string voice) =>
        Spoken.GetOrAdd(
            voice,
            _ =>
                new FliteEngine(new LocalEngineOptions()).SpeakAsync(
                    new SpeechRequest(Text, voice),
                    CancellationToken.None
                )
        );

    /// <summary>A WAV file of some seconds of a voice.</summary>
    public static async Task<byte[]> WavAsync(string voice = "slt", double seconds = 5) =>
        Wav.Write(Cut(await OfAsync(voice), seconds));

    public static Pcm Cut(Pcm audio, double seconds) =>
        new(audio.Samples[..Math.Min(audio.Samples.Length, (int)(seconds * audio.Rate))], audio.Rate);

    public static Pcm Louder(Pcm audio, double factor) => Map(audio, sample => sample * factor);

    public static Pcm WithNoise(Pcm audio, int amplitude)
    {
        var random = new Random(7);
        return Map(audio, sample => sample + random.Next(-amplitude, amplitude));
    }

    public static Pcm Tone(double hertz, double seconds, int rate = 16_000, double peak = 10_000) =>
        new(
            Enumerable
                .Range(0, (int)(seconds * rate))
                .Select(i => (short)(peak * Math.Sin(2 * Math.PI * hertz * i / rate)))
                .ToArray(),
            rate
        );

    /// <summary>The sound as a file of another kind.</summary>
    public static async Task<byte[]> AsAsync(Pcm audio, string kind)
    {
        using var folder = new PrivateDirectory();
        var path = folder.File("out." + kind);
        string[] encoder = kind switch
        {
            "mp3" => ["-c:a", "libmp3lame"],
            "flac" => ["-c:a", "flac"],
            "ogg" => ["-c:a", "libopus"],
            "m4a" => ["-c:a", "aac", "-movflags", "+faststart"],
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        await ExternalProgram.RunAsync(
            Ffmpeg.Call([.. Ffmpeg.RawInput(audio.Rate), .. encoder, "file:" + path]) with
            {
                Input = MemoryMarshal.AsBytes(audio.Samples.Span).ToArray(),
            },
            Cancel
        );
        return await File.ReadAllBytesAsync(path, Cancel);
    }

    private static Pcm Map(Pcm audio, Func<double, double> change) =>
        new(
            audio
                .Samples.ToArray()
                .Select(sample => (short)Math.Clamp(Math.Round(change(sample)), short.MinValue, short.MaxValue))
                .ToArray(),
            audio.Rate
        );
}
