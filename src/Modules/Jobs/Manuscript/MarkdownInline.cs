namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Marks what of a Markdown paragraph is markup and not read: links keep their text, images their description, code spans
/// their content. One pass; a sign that never closes is looked for once, so hostile nesting stays linear.
/// </summary>
internal static class MarkdownInline
{
    private const int LongestTag = 500;

    /// <summary>Sets <paramref name="dropped"/> for each character that is not read.</summary>
    public static void Mark(ReadOnlySpan<char> raw, bool[] dropped)
    {
        var open = new Stack<int>(); // positions of [ that may begin a link
        var unclosed = new HashSet<char>(); // signs that no longer close in this paragraph
        MarkLineStarts(raw, dropped);
        for (var i = 0; i < raw.Length; i++)
        {
            switch (raw[i])
            {
                case '\\' when i + 1 < raw.Length && (char.IsPunctuation(raw[i + 1]) || char.IsSymbol(raw[i + 1])):
                    dropped[i++] = true;
                    break;
                case '`' or '~' when raw[i] == '`' || (i + 1 < raw.Length && raw[i + 1] == '~'):
                    while (i < raw.Length && raw[i] is '`' or '~')
                        dropped[i++] = true;
                    i--;
                    break;
                case '<':
                    i = Drop(raw, dropped, i, TagLength(raw[i..], unclosed));
                    break;
                case '&':
                    i = Drop(raw, dropped, i + 1, EntityRest(raw[(i + 1)..]));
                    break;
                case '[' when i + 1 < raw.Length && raw[i + 1] == '^':
                    i = Drop(raw, dropped, i, FootnoteLength(raw[i..]));
                    break;
                case '[':
                    open.Push(i);
                    break;
                case ']' when open.TryPop(out var start):
                    var target = TargetLength(raw[(i + 1)..], unclosed);
                    if (target == 0)
                        break;
                    dropped[start] = true;
                    if (start > 0 && raw[start - 1] == '!')
                        dropped[start - 1] = true;
                    i = Drop(raw, dropped, i, target + 1);
                    break;
            }
        }
    }

    private static int Drop(ReadOnlySpan<char> raw, bool[] dropped, int start, int length)
    {
        dropped.AsSpan(start, Math.Min(length, raw.Length - start)).Fill(true);
        return length == 0 ? start : start + length - 1;
    }

    // Quote signs at the start of each line, a bullet at the start of the first. The number of a list item is read.
    private static void MarkLineStarts(ReadOnlySpan<char> raw, bool[] dropped)
    {
        var atStart = true;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] is '\n' or '\r')
                atStart = true;
            else if (atStart && raw[i] is '>' or '|')
                dropped[i] = true;
            else if (!char.IsWhiteSpace(raw[i]))
                atStart = false;
            if (raw[i] == '|')
                dropped[i] = true;
        }
        var marker = CleanText.ListMarkerLength(raw);
        if (marker > 1 && raw[marker - 2] is '-' or '+' or '*')
            dropped[marker - 2] = true;
    }

    // <b>, </b>, <br/>, <!-- … -->, but not "a < b" and not <https://…>.
    private static int TagLength(ReadOnlySpan<char> rest, HashSet<char> unclosed)
    {
        if (rest.StartsWith("<!--"))
        {
            var comment = unclosed.Contains('<') ? -1 : rest.IndexOf("-->");
            if (comment < 0)
                unclosed.Add('<');
            return comment < 0 ? 0 : comment + 3;
        }
        if (rest.Length < 3 || !(char.IsAsciiLetter(rest[1]) || rest[1] == '/'))
            return 0;
        var tag = rest[..Math.Min(rest.Length, LongestTag)];
        var end = tag.IndexOf('>');
        var isLink = end >= 0 && tag[..end].Contains(':') && !tag[..end].Contains(' ');
        return isLink ? 0 : end + 1;
    }

    // Of &amp; the sign itself is read, and of &nbsp; nothing that the ear would miss.
    private static int EntityRest(ReadOnlySpan<char> rest) => rest.StartsWith("amp;") ? 4 : 0;

    private static int FootnoteLength(ReadOnlySpan<char> rest)
    {
        var end = rest[..Math.Min(rest.Length, 40)].IndexOf(']');
        return end < 0 ? 0 : end + 1;
    }

    // The (destination) or [reference] right behind a link's text.
    private static int TargetLength(ReadOnlySpan<char> rest, HashSet<char> unclosed)
    {
        if (rest.IsEmpty || rest[0] is not ('(' or '['))
            return 0;
        var closing = rest[0] == '(' ? ')' : ']';
        if (unclosed.Contains(closing))
            return 0;
        var depth = 0;
        for (var i = 0; i < rest.Length; i++)
        {
            if (rest[i] == rest[0])
                depth++;
            else if (rest[i] == closing && --depth == 0)
                return i + 1;
        }
        unclosed.Add(closing);
        return 0;
    }
}
