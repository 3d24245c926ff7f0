namespace Lectern.Jobs.Audio;

/// <summary>
/// Brings a voice to the target by one fixed gain, and holds peaks down. The gain is the same for every chunk of a voice,
/// so an edit of one chunk never changes another and no chunk is pumped up because it happens to be quiet.
/// </summary>
internal static class Loudness
{
    /// <summary>
    /// Integrated loudness of a book, in LUFS (EBU R 128 scale). Audiobook shops want an RMS between -23 and -18 dB. The
    /// scale's weighting discounts low voices, so the RMS of the voices here lies 0.3 to 1.2 dB above their loudness: -20
    /// puts it at about -19, and the pauses between paragraphs take it a little further down.
    /// </summary>
    public const double TargetLufs = -20;

    /// <summary>
    /// The highest peak in dBFS before encoding. Shops want at most -3 dB after it, and AAC at 64k was seen to overshoot a
    /// limited peak by 0.9 dB.
    /// </summary>
    public const double CeilingDb = -4.5;

    private const double LookAheadSeconds = 0.005;

    /// <summary>Writes the samples with the gain applied and no peak above the ceiling.</summary>
    public static void Apply(ReadOnlySpan<short> samples, double gainDb, int rate, Span<short> result)
    {
        var gain = (float)Math.Pow(10, gainDb / 20);
        var ceiling = (float)(Math.Pow(10, CeilingDb / 20) * short.MaxValue);
        var peak = 0;
        foreach (var sample in samples)
            peak = Math.Max(peak, Math.Abs((int)sample));

        if (peak * gain <= ceiling) // the usual case
        {
            for (var i = 0; i < samples.Length; i++)
                result[i] = (short)MathF.Round(samples[i] * gain);
            return;
        }

        var envelope = Envelope(samples, gain, ceiling, Math.Max(1, (int)(rate * LookAheadSeconds)));
        for (var i = 0; i < samples.Length; i++)
            result[i] = (short)Math.Clamp(MathF.Round(samples[i] * envelope[i]), -ceiling, ceiling);
    }

    /// <summary>
    /// A gain for every sample: the least that any sample within reach needs, then averaged over the same reach. The
    /// average of minima that all cover a peak is never above what that peak needs, and it has no steps to be heard.
    /// </summary>
    private static float[] Envelope(ReadOnlySpan<short> samples, float gain, float ceiling, int reach)
    {
        var needed = new float[samples.Length];
        for (var i = 0; i < samples.Length; i++)
            needed[i] = MathF.Min(gain, ceiling / MathF.Max(1, Math.Abs((int)samples[i])));

        var least = new float[samples.Length];
        var window = new int[samples.Length]; // indexes of rising gains from first to last: a queue of candidates
        var (first, last) = (0, -1);
        for (var right = 0; right < samples.Length + reach; right++)
        {
            if (right < samples.Length)
            {
                while (last >= first && needed[window[last]] >= needed[right])
                    last--;
                window[++last] = right;
            }
            var center = right - reach;
            if (center < 0)
                continue;
            while (window[first] < center - reach)
                first++;
            least[center] = needed[window[first]];
        }

        var smooth = new float[samples.Length];
        var end = samples.Length - 1;
        var sum = 0.0;
        for (var j = -reach; j <= reach; j++)
            sum += least[Math.Clamp(j, 0, end)];
        for (var i = 0; i < samples.Length; i++)
        {
            smooth[i] = (float)(sum / (2 * reach + 1));
            sum += least[Math.Min(i + reach + 1, end)] - least[Math.Max(i - reach, 0)];
        }
        return smooth;
    }
}
