using System.Runtime.InteropServices;
using Lectern.Jobs.Audio;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Tests.Jobs.Audio;

/// <summary>Makes and reads sound for the tests of this folder.</summary>
internal static class Sound
{
    public static Ffmpeg Ffmpeg { get; } = new(new MediaToolOptions());

    /// <summary>Silence with one 2 kHz burst of 10 ms at a given sample.</summary>
    public static Pcm Burst(int length, int at, int rate, int peak = 12_000)
    {
        var samples = new short[length];
        var width = rate / 100;
        for (var i = 0; i < width; i++)
            samples[at + i] = (short)(peak * Math.Sin(Math.PI * i / width) * Math.Sin(2 * Math.PI * 2_000 * i / rate));
        return new Pcm(samples, rate);
    }

    public static Pcm Tone(double seconds, double peak, int rate = 16_000, double hertz = 220)
    {
        var samples = new short[(int)(seconds * rate)];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(peak * Math.Sin(2 * Math.PI * hertz * i / rate));
        return new Pcm(samples, rate);
    }

    public static double Decibels(double amplitude) => 20 * Math.Log10(amplitude / short.MaxValue);

    public static int Peak(ReadOnlySpan<short> samples)
    {
        var peak = 0;
        foreach (var sample in samples)
            peak = Math.Max(peak, Math.Abs((int)sample));
        return peak;
    }

    public static double Rms(ReadOnlySpan<short> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples)
            sum += (double)sample * sample;
        return Math.Sqrt(sum / samples.Length);
    }

    /// <summary>The center of the energy within a window, in samples: where a burst is.</summary>
    public static double Center(ReadOnlySpan<short> samples, int from, int to)
    {
        var (energy, moment) = (0.0, 0.0);
        for (var i = from; i < to; i++)
        {
            var power = (double)samples[i] * samples[i];
            energy += power;
            moment += power * i;
        }
        return moment / energy;
    }

    /// <summary>A finished file as samples at its own rate.</summary>
    public static async Task<short[]> DecodeAsync(string path, string demuxer, CancellationToken cancellationToken)
    {
        var call = Ffmpeg.Call([
            .. Ffmpeg.Input(demuxer),
            .. (string[])["-i", "file:" + path, "-map", "0:a:0", "-f", "s16le", "-ac", "1", "pipe:1"],
        ]);
        var result = await ExternalProgram.RunAsync(call, cancellationToken);
        return MemoryMarshal.Cast<byte, short>(result.Output.Span).ToArray();
    }

    public static string Demuxer(AudioFormat format) => format.Kind == AudioKind.M4b ? "mov" : format.Name;

    public static async IAsyncEnumerable<Stream> Streams(IEnumerable<EncodedSegment> segments)
    {
        await Task.CompletedTask;
        foreach (var segment in segments)
            yield return new MemoryStream(segment.Bytes.ToArray());
    }
}
