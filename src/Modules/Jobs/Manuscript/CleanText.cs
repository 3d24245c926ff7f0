namespace Lectern.Jobs.Manuscript;

/// <summary>
/// A block as it reads: without markup, and with each run of blanks and line ends as one space, so that a rewrapped
/// paragraph sounds, and costs, the same. Characters are only left out or made a space, never added, so each one
/// knows its place in the source.
/// </summary>
/// <param name="Text">The characters that are read.</param>
/// <param name="Origins">For each of them its position in the source, ascending.</param>
internal sealed record CleanText(string Text, int[] Origins)
{
    /// <summary>Reads a block of the source.</summary>
    public static CleanText Of(string source, TextSpan block, ManuscriptFormat format)
    {
        var raw = block.Of(source);
        var dropped = new bool[raw.Length];
        if (format == ManuscriptFormat.Markdown)
            MarkdownInline.Mark(raw, dropped);
        MarkEmphasis(raw, dropped, format);

        var characters = new char[raw.Length];
        var origins = new int[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            // The last three mark pronunciations in spoken text, so none must come from a manuscript.
            if (
                dropped[i]
                || c is '\u00AD' or '\u200B' or '\uFEFF' or (>= '\uFFF9' and <= '\uFFFB')
                || (char.IsControl(c) && !char.IsWhiteSpace(c))
            )
                continue;
            if (char.IsWhiteSpace(c))
            {
                if (length == 0 || characters[length - 1] == ' ')
                    continue;
                c = ' ';
            }
            characters[length] = c;
            origins[length++] = block.Start + i;
        }
        if (length > 0 && characters[length - 1] == ' ')
            length--;
        return new CleanText(new string(characters, 0, length), origins[..length]);
    }

    /// <summary>Length of a bullet and the blank behind it at the start of a line, 0 when there is none.</summary>
    public static int ListMarkerLength(ReadOnlySpan<char> content)
    {
        var quoted = 0;
        while (quoted < content.Length && content[quoted] is '>' or ' ')
            quoted++;
        var item = content[quoted..];
        if (item.Length > 1 && item[0] is '-' or '+' or '*' && item[1] is ' ' or '\t')
            return quoted + 2;
        var digits = item.IndexOfAnyExceptInRange('0', '9');
        return
            digits is > 0 and < 4 && item.Length > digits + 1 && item[digits] is '.' or ')' && item[digits + 1] == ' '
            ? quoted + digits + 2
            : 0;
    }

    // _You_ and *so* lose their signs; snake_case and 2*3 keep them. Gutenberg's plain texts write emphasis like this too.
    private static void MarkEmphasis(ReadOnlySpan<char> raw, bool[] dropped, ManuscriptFormat format)
    {
        for (var i = 0; i < raw.Length; i++)
        {
            var sign = raw[i];
            if (sign is not ('_' or '*'))
                continue;
            var end = i;
            while (end < raw.Length && raw[end] == sign)
                end++;
            var isInside =
                i > 0 && end < raw.Length && char.IsLetterOrDigit(raw[i - 1]) && char.IsLetterOrDigit(raw[end]);
            var isBold = format == ManuscriptFormat.Markdown && sign == '*' && isInside && !char.IsDigit(raw[i - 1]);
            var isEscaped = format == ManuscriptFormat.Markdown && i > 0 && raw[i - 1] == '\\' && dropped[i - 1];
            if ((!isInside || isBold) && !isEscaped)
                dropped.AsSpan(i, end - i).Fill(true);
            i = end - 1;
        }
    }
}
