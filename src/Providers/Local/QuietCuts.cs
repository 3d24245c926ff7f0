namespace Lectern.Providers.Local;

/// <summary>Cuts a long recording where it is quietest, which is between words if there are any pauses at all.</summary>
internal static class QuietCuts
{
    private const int ShortestSeconds = 8;
    private const int LongestSeconds = 20;
    private const double WindowSeconds = 0.2;

    /// <summary>Pieces that follow each other without a gap, none longer than 20 seconds.</summary>
    public static IReadOnlyList<Range> Of(ReadOnlySpan<short> samples, int rate)
    {
        var pieces = new List<Range>();
        var start = 0;
        while (samples.Length - start > LongestSeconds * rate)
        {
            var from = start + (ShortestSeconds * rate);
            var cut = from + Quietest(samples[from..(start + (LongestSeconds * rate))], (int)(WindowSeconds * rate));
            pieces.Add(start..cut);
            start = cut;
        }
        if (start < samples.Length)
            pieces.Add(start..samples.Length);
        return pieces;
    }

    // The middle of the window with the least energy.
    private static int Quietest(ReadOnlySpan<short> samples, int window)
    {
        var energy = 0L;
        for (var i = 0; i < window; i++)
            energy += samples[i] * samples[i];
        var (least, at) = (energy, 0);
        for (var i = window; i < samples.Length; i++)
        {
            energy += (samples[i] * samples[i]) - (samples[i - window] * samples[i - window]);
            if (energy < least)
                (least, at) = (energy, i - window + 1);
        }
        return at + (window / 2);
    }
}
