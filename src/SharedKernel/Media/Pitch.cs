namespace Lectern.SharedKernel.Media;

/// <summary>How high somebody speaks, in hertz.</summary>
/// <param name="Median">Half of the voiced moments are below.</param>
/// <param name="Low">A tenth of them is below.</param>
/// <param name="High">A tenth of them is above.</param>
public sealed record PitchRange(double Median, double Low, double High);

/// <summary>
/// The fundamental frequency of speech by YIN: the lag at which a piece of sound differs least from itself. Steps 1 to 5
/// of A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111 (2002).
/// </summary>
public static class Pitch
{
    /// <summary>The lowest voice that is looked for, in hertz.</summary>
    public const double Lowest = 60;

    /// <summary>The highest voice that is looked for, in hertz.</summary>
    public const double Highest = 500;

    private const int LeastRate = 8_000; // finer than this costs time and gains nothing below 500 Hz
    private const double WindowSeconds = 0.03;
    private const int MostFrames = 2_000; // of a long recording, frames are taken evenly: the cost has a bound
    private const int LeastVoiced = 10;
    private const double Threshold = 0.15; // the paper's step 4 takes 0.1; speech synthesizers are a little rougher
    private const double QuietShare = 0.1; // of the loudest frame's amplitude: breath and echoes have no pitch to speak of

    /// <summary>The range of a recording; null when hardly any of it is voiced.</summary>
    public static PitchRange? Measure(Pcm audio)
    {
        var step = Math.Max(1, audio.Rate / LeastRate);
        var (sound, rate) = (Thinned(audio.Samples.Span, step), (double)audio.Rate / step);
        var (window, longest) = ((int)(rate * WindowSeconds), (int)(rate / Lowest) + 2);
        var last = sound.Length - window - longest;
        if (last <= 0)
            return null;
        var hop = Math.Max((int)(rate / 100), last / MostFrames);
        var levels = new List<double>();
        for (var at = 0; at < last; at += hop)
            levels.Add(Amplitude(sound.AsSpan(at, window)));
        var floor = levels.Max() * QuietShare;
        var found = new List<double>();
        for (var i = 0; i < levels.Count; i++)
            if (levels[i] > floor && Lag(sound.AsSpan(i * hop, window + longest), window, rate) is { } lag)
                found.Add(rate / lag);
        if (found.Count < LeastVoiced)
            return null;
        found.Sort();
        return new PitchRange(At(0.5), At(0.1), At(0.9));

        double At(double share) => Math.Round(found[(int)((found.Count - 1) * share)], 1);
    }

    /// <summary>The lag of one frame, to a fraction of a sample; null when it is not voiced.</summary>
    private static double? Lag(ReadOnlySpan<float> sound, int window, double rate)
    {
        var (first, last) = ((int)(rate / Highest), sound.Length - window - 1);
        Span<double> difference = stackalloc double[last + 1];
        difference[0] = 1;
        var sum = 0.0;
        for (var lag = 1; lag <= last; lag++)
        {
            var d = 0f;
            for (var i = 0; i < window; i++)
            {
                var delta = sound[i] - sound[i + lag];
                d += delta * delta;
            }

            sum += d;
            difference[lag] = sum > 0 ? d * lag / sum : 1; // relative to the mean of the shorter lags
        }

        for (var lag = Math.Max(first, 2); lag < last; lag++)
        {
            if (difference[lag] >= Threshold)
                continue;
            while (lag + 1 < last && difference[lag + 1] < difference[lag])
                lag++;
            var (left, here, right) = (difference[lag - 1], difference[lag], difference[lag + 1]);
            var bend = left - 2 * here + right;
            return bend > 0 ? lag + (left - right) / (2 * bend) : lag;
        }

        return null;
    }

    /// <summary>The mean of every few samples: enough of a low-pass for what lies below 500 Hz.</summary>
    private static float[] Thinned(ReadOnlySpan<short> samples, int step)
    {
        var thinned = new float[samples.Length / step];
        for (var i = 0; i < thinned.Length; i++)
        {
            var sum = 0f;
            for (var j = 0; j < step; j++)
                sum += samples[i * step + j];
            thinned[i] = sum / step;
        }

        return thinned;
    }

    private static double Amplitude(ReadOnlySpan<float> frame)
    {
        var sum = 0.0;
        foreach (var sample in frame)
            sum += sample * sample;
        return Math.Sqrt(sum / frame.Length);
    }
}
