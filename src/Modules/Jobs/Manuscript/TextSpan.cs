namespace Lectern.Jobs.Manuscript;

/// <summary>A range of UTF-16 code units in a text.</summary>
/// <param name="Start">The first code unit, counted from 0.</param>
/// <param name="Length">How many code units.</param>
internal readonly record struct TextSpan(int Start, int Length)
{
    /// <summary>The code unit after the last one.</summary>
    public int End => Start + Length;

    /// <summary>The span from a start up to, and without, an end.</summary>
    public static TextSpan FromTo(int start, int end) => new(start, end - start);

    /// <summary>What this span holds of a text.</summary>
    public ReadOnlySpan<char> Of(string text) => text.AsSpan(Start, Length);
}
