using System.Globalization;
using System.Text;

namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Splits the spoken form of a sentence that is longer than an engine takes: behind a clause mark, else at a blank, else
/// between two graphemes. Each piece is found by looking at one limit's worth of text, so this is linear.
/// </summary>
internal static class LongSentence
{
    // A clause mark in the first third would leave a stub; a blank further on is better.
    private const int ShortestShare = 3;

    // Longer clusters than this are not writing but noise ("zalgo"), and are cut.
    private const int LongestGrapheme = 32;

    /// <summary>The pieces in order, none longer than the limit; the blanks between them are left out.</summary>
    public static IEnumerable<SpokenText> Split(SpokenText spoken, int limit)
    {
        var text = spoken.Text;
        var pair = 0;
        for (var start = 0; start < text.Length; )
        {
            if (text[start] == ' ')
            {
                start++;
                continue;
            }
            var end = text.Length - start <= limit ? text.Length : Cut(text, start, limit);
            while (pair < spoken.Map.Pairs.Count && spoken.Map.Pairs[pair].Spoken.End <= start)
                pair++;
            var last = pair;
            while (last + 1 < spoken.Map.Pairs.Count && spoken.Map.Pairs[last + 1].Spoken.Start < end)
                last++;
            // Not inside an expansion: both halves would stand for the same characters of the source.
            if (spoken.Map.Pairs[last] is { IsCharacterwise: false } whole && whole.Spoken.End > end)
                end = Fits(text, start, whole.Spoken.End, limit) ? whole.Spoken.End : whole.Spoken.Start;
            var stop = end;
            while (stop > start + 1 && text[stop - 1] == ' ')
                stop--;
            yield return Slice(spoken, pair, start, stop);
            start = end;
        }
    }

    // A blank at the end is left out, so it needs no room. What begins a piece always fits: see LongestExpansion.
    private static bool Fits(string text, int start, int end, int limit) =>
        end - start <= limit || (end - start == limit + 1 && text[end - 1] == ' ');

    private static int Cut(string text, int start, int limit)
    {
        var window = text.AsSpan(start, limit + 1);
        for (var i = limit - 1; i > limit / ShortestShare; i--)
            if (window[i] is ';' or ':' or ',' or '—' && window[i + 1] == ' ')
                return start + i + 1;
        var blank = window.LastIndexOf(' ');
        if (blank > 0)
            return start + blank;

        var cut = start + limit;
        for (var back = 0; back < LongestGrapheme && cut > start + 1; back++, cut--)
            if (!JoinsPrevious(text, cut))
                return cut;
        cut = start + limit;
        return char.IsLowSurrogate(text[cut]) && char.IsHighSurrogate(text[cut - 1]) ? cut - 1 : cut;
    }

    private static bool JoinsPrevious(string text, int at)
    {
        const char zeroWidthJoiner = '\u200D';
        if (char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]))
            return true;
        if (text[at] == zeroWidthJoiner || text[at - 1] == zeroWidthJoiner)
            return true;
        return Rune.TryGetRuneAt(text, at, out var rune)
            && (
                Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.NonSpacingMark
                        or UnicodeCategory.SpacingCombiningMark
                        or UnicodeCategory.EnclosingMark
                || rune.Value is >= 0x1F3FB and <= 0x1F3FF // skin tones
            );
    }

    private static SpokenText Slice(SpokenText spoken, int pair, int start, int end)
    {
        var builder = new SpokenBuilder();
        for (; pair < spoken.Map.Pairs.Count && spoken.Map.Pairs[pair].Spoken.Start < end; pair++)
        {
            var (said, source) = spoken.Map.Pairs[pair];
            var from = Math.Max(said.Start, start);
            var to = Math.Min(said.End, end);
            if (spoken.Map.Pairs[pair].IsCharacterwise)
                source = new TextSpan(source.Start + from - said.Start, to - from);
            builder.Add(spoken.Text.AsSpan(from, to - from), source);
        }
        return builder.Build();
    }
}
