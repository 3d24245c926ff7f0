using System.Buffers;

namespace Lectern.Jobs.Manuscript;

/// <summary>The lines of a text, whatever ends them.</summary>
internal static class Lines
{
    // Form feeds divide pages in old plain texts, with a heading right behind them.
    private static readonly SearchValues<char> Ends = SearchValues.Create("\r\n\f\u2028\u2029");

    /// <summary>Each line without its end. CR LF ends one line, not two.</summary>
    public static IEnumerable<TextSpan> Of(string text)
    {
        var start = 0;
        while (start < text.Length)
        {
            var length = text.AsSpan(start).IndexOfAny(Ends);
            if (length < 0)
                length = text.Length - start;
            yield return new TextSpan(start, length);
            start += length;
            start += start + 1 < text.Length && text[start] == '\r' && text[start + 1] == '\n' ? 2 : 1;
        }
    }
}
