namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Plain text into blocks. Conservative on purpose: a heading that is missed is still spoken, as a paragraph; a paragraph
/// taken for a heading breaks the book in two.
/// </summary>
internal static class PlainTextBlocks
{
    // Hard-wrapped text has no longer lines, save where an edit was not wrapped again.
    private const int LongestWrappedLine = 120;
    private const int LongestSubtitle = 60;

    /// <summary>The blocks of a text, in order, covering everything but blank lines.</summary>
    public static List<Block> Read(string text)
    {
        var blocks = new List<Block>();
        var groups = Groups(text);
        var isLinePerParagraph = IsLinePerParagraph(groups);
        foreach (var group in groups)
        {
            if (isLinePerParagraph)
                foreach (var line in group)
                    Close(text, [line], blocks);
            else
                Close(text, group, blocks);
        }
        if (!blocks.Exists(b => b.Heading is HeadingKind.Chapter or HeadingKind.Section))
            AcceptNumerals(text, blocks);
        MarkBoilerplate(text, blocks);
        return blocks;
    }

    // Lines with nothing blank between them.
    private static List<List<TextSpan>> Groups(string text)
    {
        var groups = new List<List<TextSpan>>();
        var wasBlank = true;
        foreach (var line in Lines.Of(text))
        {
            var isBlank = line.Of(text).IsWhiteSpace();
            if (!isBlank && wasBlank)
                groups.Add([]);
            if (!isBlank)
                groups[^1].Add(line);
            wasBlank = isBlank;
        }
        return groups;
    }

    // Word processors save each paragraph as one long line, with nothing blank between them. Decided once for the text, by
    // where most of it stands, so that one long line in a wrapped book doesn't take its paragraph apart.
    private static bool IsLinePerParagraph(List<List<TextSpan>> groups)
    {
        var characters = 0L;
        var inLongLines = 0L;
        foreach (var line in groups.Where(group => group.Count > 1).SelectMany(group => group))
        {
            characters += line.Length;
            inLongLines += line.Length > LongestWrappedLine ? line.Length : 0;
        }
        return inLongLines * 2 > characters;
    }

    private static void Close(string text, List<TextSpan> lines, List<Block> blocks)
    {
        var headings = 0;
        var kind = HeadingKind.None;
        while (
            headings < lines.Count
            && HeadingLine.TryRead(Trim(text, lines[headings]).Of(text), out var heading)
            && heading.Kind != HeadingKind.Numeral
        )
        {
            kind = heading.Kind;
            headings++;
        }
        var rest = lines.Count - headings;
        var isSubtitled = rest == 1 && headings > 0 && lines[^1].Length <= LongestSubtitle;
        // Running text right under the heading is common for "Chapter 1"; under "Part One" or "Act I" the line is more
        // likely to be the beginning of a sentence.
        if (rest > 0 && !isSubtitled && kind != HeadingKind.Chapter)
            headings = 0;

        for (var i = 0; i < headings; i++)
        {
            var span = Trim(text, lines[i]);
            HeadingLine.TryRead(span.Of(text), out var heading);
            blocks.Add(new Block(BlockKind.Heading, span, heading.Kind));
        }
        if (headings == lines.Count)
            return;
        var block = Trim(text, TextSpan.FromTo(lines[headings].Start, lines[^1].End));
        if (!Words.Any(block.Of(text)))
            blocks.Add(new Block(BlockKind.SceneBreak, block));
        else if ((headings > 0 && isSubtitled) || (lines.Count == 1 && IsCapitalSubtitle(text, block, blocks)))
            blocks.Add(new Block(BlockKind.Subtitle, block));
        else
            blocks.Add(new Block(BlockKind.Paragraph, block));
    }

    // "CHAPTER I.", a blank line, "THE PERIOD": capitals alone under a heading that has no title yet.
    private static bool IsCapitalSubtitle(string text, TextSpan line, List<Block> blocks)
    {
        if (blocks.Count == 0 || blocks[^1].Kind != BlockKind.Heading || line.Length > LongestSubtitle)
            return false;
        HeadingLine.TryRead(blocks[^1].Span.Of(text), out var above);
        if (above.HasTitle)
            return false;
        var letters = 0;
        foreach (var c in line.Of(text))
        {
            if (char.IsLower(c))
                return false;
            letters += char.IsUpper(c) ? 1 : 0;
        }
        return letters > 1;
    }

    // Lines such as "IV" or "2." head chapters only if nothing else does and they count up from one; otherwise they are
    // sections of a chapter, items of a list or page numbers.
    private static void AcceptNumerals(string text, List<Block> blocks)
    {
        var counted = new List<int>();
        var expected = 1;
        for (var i = 0; i < blocks.Count; i++)
        {
            if (
                blocks[i].Kind != BlockKind.Paragraph
                || !HeadingLine.TryRead(blocks[i].Span.Of(text), out var line)
                || line.Kind != HeadingKind.Numeral
            )
                continue;
            if (line.Number != expected && line.Number != 1)
                continue;
            expected = line.Number + 1;
            counted.Add(i);
        }
        if (counted.Count < 2)
            return;
        foreach (var i in counted)
            blocks[i] = blocks[i] with { Kind = BlockKind.Heading, Heading = HeadingKind.Numeral };
    }

    private static void MarkBoilerplate(string text, List<Block> blocks)
    {
        var start = FindMark("*** START OF TH");
        var end = FindMark("*** END OF TH");
        for (var i = 0; i < blocks.Count; i++)
            if (i <= start || (end > start && i >= end))
                blocks[i] = new Block(BlockKind.Unspoken, blocks[i].Span, Reason: SkipReason.Boilerplate);

        int FindMark(string mark) =>
            blocks.FindIndex(b => b.Span.Of(text).StartsWith(mark, StringComparison.OrdinalIgnoreCase));
    }

    private static TextSpan Trim(string text, TextSpan span)
    {
        var (start, end) = (span.Start, span.End);
        while (start < end && char.IsWhiteSpace(text[start]))
            start++;
        while (end > start && char.IsWhiteSpace(text[end - 1]))
            end--;
        return TextSpan.FromTo(start, end);
    }
}
