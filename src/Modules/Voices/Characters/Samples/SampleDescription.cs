using Lectern.SharedKernel.Media;

namespace Lectern.Voices.Characters.Samples;

/// <summary>A recording in figures: how long, how loud, how clean, how high. Levels are in dB below full scale.</summary>
/// <param name="DurationMs">How long it plays.</param>
/// <param name="LevelDb">RMS of all of it.</param>
/// <param name="PeakDb">The loudest sample.</param>
/// <param name="FloorDb">RMS of its quietest moments: room and device, where the speaker breathes.</param>
/// <param name="ClippedShare">Samples at full scale, of all.</param>
/// <param name="Pitch">How high the voice is; null when none is heard.</param>
internal sealed record SampleDescription(
    int DurationMs,
    double LevelDb,
    double PeakDb,
    double FloorDb,
    double ClippedShare,
    PitchRange? Pitch
)
{
    /// <summary>The level of digital silence, as the smallest step of 16 bits.</summary>
    private const double SilenceDb = -96;

    private const double FrameSeconds = 0.05;
    private const double QuietShare = 0.05;
    private const int FullScale = 32_700; // a decoder's rounding may miss the very last steps

    /// <summary>Measures a recording with at least one sample.</summary>
    public static SampleDescription Of(Pcm audio)
    {
        var samples = audio.Samples.Span;
        var (peak, clipped) = (0, 0);
        foreach (var sample in samples)
        {
            var level = Math.Abs((int)sample);
            peak = Math.Max(peak, level);
            if (level >= FullScale)
                clipped++;
        }

        return new SampleDescription(
            (int)audio.Duration.TotalMilliseconds,
            Decibels(Rms(samples)),
            Decibels(peak),
            Decibels(Floor(samples, (int)(audio.Rate * FrameSeconds))),
            Math.Round((double)clipped / samples.Length, 5),
            Lectern.SharedKernel.Media.Pitch.Measure(audio)
        );
    }

    private static double Floor(ReadOnlySpan<short> samples, int frame)
    {
        var levels = new List<double>();
        for (var at = 0; at + frame <= samples.Length; at += frame)
            levels.Add(Rms(samples.Slice(at, frame)));
        if (levels.Count == 0)
            return Rms(samples);
        levels.Sort();
        return levels[(int)((levels.Count - 1) * QuietShare)];
    }

    private static double Rms(ReadOnlySpan<short> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples)
            sum += (double)sample * sample;
        return Math.Sqrt(sum / samples.Length);
    }

    private static double Decibels(double amplitude) =>
        amplitude < 1 ? SilenceDb : Math.Round(Math.Max(SilenceDb, 20 * Math.Log10(amplitude / short.MaxValue)), 1);
}
