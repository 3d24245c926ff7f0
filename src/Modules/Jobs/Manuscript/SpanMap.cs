using System.Text;

namespace Lectern.Jobs.Manuscript;

/// <summary>A range of the spoken text and the range of the source that it speaks.</summary>
internal readonly record struct SpanPair(TextSpan Spoken, TextSpan Source)
{
    /// <summary>
    /// Ranges of equal length correspond character by character; any other pair is an expansion (<c>1806</c> → <c>eighteen
    /// oh six</c>) and only corresponds as a whole.
    /// </summary>
    public bool IsCharacterwise => Spoken.Length == Source.Length;
}

/// <summary>
/// Which source characters each spoken character stands for, so that captions show what the author wrote while the
/// engine says its expanded form. Pairs are in order on both sides and never overlap; source that is in no pair is not
/// spoken (markup, repeated blanks).
/// </summary>
/// <param name="Pairs">Together they cover the whole spoken text.</param>
internal sealed record SpanMap(IReadOnlyList<SpanPair> Pairs)
{
    /// <summary>The smallest source range that speaks all of a spoken range.</summary>
    public TextSpan ToSource(TextSpan spoken) => Translate(spoken, toSource: true);

    /// <summary>The spoken range of a source range; empty where nothing of it is spoken.</summary>
    public TextSpan ToSpoken(TextSpan source) => Translate(source, toSource: false);

    /// <summary>The map as four numbers a pair (spoken start and length, source start and length), for storage.</summary>
    public int[] ToNumbers()
    {
        var numbers = new int[Pairs.Count * 4];
        for (var i = 0; i < Pairs.Count; i++)
        {
            var (spoken, source) = Pairs[i];
            (numbers[4 * i], numbers[4 * i + 1]) = (spoken.Start, spoken.Length);
            (numbers[4 * i + 2], numbers[4 * i + 3]) = (source.Start, source.Length);
        }
        return numbers;
    }

    /// <summary>Reads what <see cref="ToNumbers"/> wrote.</summary>
    public static SpanMap FromNumbers(ReadOnlySpan<int> numbers)
    {
        var pairs = new SpanPair[numbers.Length / 4];
        for (var i = 0; i < pairs.Length; i++)
        {
            var n = numbers.Slice(4 * i, 4);
            pairs[i] = new SpanPair(new TextSpan(n[0], n[1]), new TextSpan(n[2], n[3]));
        }
        return new SpanMap(pairs);
    }

    private TextSpan Translate(TextSpan span, bool toSource)
    {
        int start = -1,
            end = 0;
        foreach (var pair in Pairs)
        {
            var (from, to) = toSource ? (pair.Spoken, pair.Source) : (pair.Source, pair.Spoken);
            if (from.Start >= span.End)
                break;
            if (from.End <= span.Start)
            {
                end = to.End; // where an unspoken range would stand
                continue;
            }
            var left = pair.IsCharacterwise ? to.Start + Math.Max(0, span.Start - from.Start) : to.Start;
            end = pair.IsCharacterwise ? to.End - Math.Max(0, from.End - span.End) : to.End;
            if (start < 0)
                start = left;
        }
        return start < 0 ? new TextSpan(end, 0) : TextSpan.FromTo(start, end);
    }
}

/// <summary>What the engine is given, and where each part of it comes from.</summary>
internal sealed record SpokenText(string Text, SpanMap Map);

/// <summary>Collects spoken text and its map from left to right.</summary>
internal sealed class SpokenBuilder
{
    private readonly StringBuilder text = new();
    private readonly List<SpanPair> pairs = [];

    /// <summary>Length of what was collected, in UTF-16 code units.</summary>
    public int Length => text.Length;

    /// <summary>Adds text that stands for a range of the source, which begins at or after the end of the last one.</summary>
    public void Add(ReadOnlySpan<char> spoken, TextSpan source)
    {
        if (spoken.Length == 0)
            return;
        var pair = new SpanPair(new TextSpan(text.Length, spoken.Length), source);
        text.Append(spoken);
        if (
            pairs.Count > 0
            && pair.IsCharacterwise
            && pairs[^1].IsCharacterwise
            && pairs[^1].Source.End == source.Start
        )
        {
            var last = pairs[^1];
            pairs[^1] = new SpanPair(
                TextSpan.FromTo(last.Spoken.Start, pair.Spoken.End),
                TextSpan.FromTo(last.Source.Start, source.End)
            );
        }
        else
        {
            pairs.Add(pair);
        }
    }

    /// <summary>The last character collected, or a NUL when there is none.</summary>
    public char Last => text.Length == 0 ? '\0' : text[^1];

    /// <summary>What was collected; the builder is empty afterwards.</summary>
    public SpokenText Build()
    {
        var spoken = new SpokenText(text.ToString(), new SpanMap(pairs.ToArray()));
        text.Clear();
        pairs.Clear();
        return spoken;
    }
}
