namespace Lectern.SharedKernel.Media;

/// <summary>Decoded sound: 16-bit mono samples.</summary>
/// <param name="samples">The samples, in order.</param>
/// <param name="rate">Samples per second.</param>
public sealed class Pcm(ReadOnlyMemory<short> samples, int rate)
{
    /// <summary>The samples, in order.</summary>
    public ReadOnlyMemory<short> Samples { get; } = samples;

    /// <summary>Samples per second.</summary>
    public int Rate { get; } = rate;

    /// <summary>How long it plays.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Samples.Length / Rate);
}
