namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Markdown into blocks: ATX and setext headings, list items, quotes, table rows, thematic breaks; fenced code, HTML
/// comments, YAML front matter and link definitions are not spoken. Inline markup is <see cref="CleanText"/>'s.
/// Indented lines are text, not code: manuscripts indent paragraphs more often than they quote programs.
/// </summary>
internal sealed class MarkdownBlocks
{
    private readonly string text;
    private readonly List<Block> blocks = [];
    private readonly List<TextSpan> paragraph = [];

    private MarkdownBlocks(string text) => this.text = text;

    /// <summary>The blocks of a text, in order, covering everything but blank lines and the signs of headings.</summary>
    public static List<Block> Read(string text)
    {
        var reader = new MarkdownBlocks(text);
        reader.ReadLines();
        return reader.blocks;
    }

    private void ReadLines()
    {
        var fence = ""; // the opening fence while inside fenced code
        var unspokenStart = -1; // where the open code or comment began
        var isComment = false;
        var bodyStart = FrontMatterEnd();
        if (bodyStart > 0)
            AddUnspoken(0, bodyStart, SkipReason.Metadata);

        foreach (var whole in Lines.Of(text))
        {
            var line = whole;
            if (line.Start < bodyStart)
                continue;
            if (fence.Length > 0)
            {
                var closing = line.Of(text).Trim();
                if (closing.StartsWith(fence) && closing.TrimStart(fence[0]).IsEmpty)
                {
                    AddUnspoken(unspokenStart, line.End, SkipReason.Code);
                    (fence, unspokenStart) = ("", -1);
                }
                continue;
            }
            if (isComment)
            {
                var end = line.Of(text).IndexOf("-->");
                if (end < 0)
                    continue;
                isComment = false;
                AddUnspoken(unspokenStart, line.Start + end + 3, SkipReason.Comment);
                (line, unspokenStart) = (TextSpan.FromTo(line.Start + end + 3, line.End), -1);
            }

            var opening = line.Of(text).LastIndexOf("<!--");
            if (opening >= 0 && line.Of(text)[opening..].IndexOf("-->") < 0)
            {
                unspokenStart = line.Start + opening;
                isComment = true;
                ReadLine(new TextSpan(line.Start, opening));
                CloseParagraph();
                continue;
            }
            var trimmed = line.Of(text).TrimStart();
            if (trimmed.StartsWith("```") || trimmed.StartsWith("~~~"))
            {
                CloseParagraph();
                fence = trimmed[..(trimmed.Length - trimmed.TrimStart(trimmed[0]).Length)].ToString();
                unspokenStart = line.Start;
                continue;
            }
            ReadLine(line);
        }
        CloseParagraph();
        // What is never closed reaches to the end, as CommonMark has it.
        if (unspokenStart >= 0)
            AddUnspoken(unspokenStart, text.Length, isComment ? SkipReason.Comment : SkipReason.Code);
    }

    private void ReadLine(TextSpan line)
    {
        var content = line.Of(text).Trim();
        if (content.IsEmpty)
        {
            CloseParagraph();
            return;
        }
        var level = content.Length - content.TrimStart('#').Length;
        if (level is >= 1 and <= 6 && (content.Length == level || char.IsWhiteSpace(content[level])))
        {
            CloseParagraph();
            AddHeading(line, level);
        }
        else if (paragraph.Count == 1 && content.Length > 1 && (IsOnly(content, '=') || IsOnly(content, '-')))
        {
            var heading = paragraph[0];
            paragraph.Clear();
            AddHeading(heading, content[0] == '=' ? 1 : 2);
        }
        else if (!Words.Any(content) && paragraph.Count == 0)
        {
            blocks.Add(new Block(BlockKind.SceneBreak, Trim(line)));
        }
        else if (IsThematicBreak(content))
        {
            CloseParagraph();
            blocks.Add(new Block(BlockKind.SceneBreak, Trim(line)));
        }
        else if (content[0] == '[' && content.IndexOf("]:") is > 1 and var end && !content[..end].Contains(' '))
        {
            CloseParagraph();
            AddUnspoken(line.Start, line.End, SkipReason.Metadata);
        }
        else
        {
            if (content[0] == '|' || CleanText.ListMarkerLength(content) > 0)
                CloseParagraph();
            paragraph.Add(line);
        }
    }

    private void AddHeading(TextSpan line, int level)
    {
        var span = Trim(line);
        var content = span.Of(text).TrimStart('#');
        var start = span.End - content.Length;
        // A closing row of # belongs to the markup if a blank stands before it.
        var closed = content.TrimEnd('#');
        if (closed.Length < content.Length && (closed.IsEmpty || char.IsWhiteSpace(closed[^1])))
            content = closed;
        var heading = Trim(new TextSpan(start, content.Length));
        if (!HasWords(heading))
            blocks.Add(new Block(BlockKind.SceneBreak, span));
        else if (level > 2)
            blocks.Add(new Block(BlockKind.Subheading, heading));
        else
        {
            HeadingLine.TryRead(heading.Of(text), out var wording);
            blocks.Add(new Block(BlockKind.Heading, heading, wording.Kind));
        }
    }

    private void CloseParagraph()
    {
        if (paragraph.Count == 0)
            return;
        var span = Trim(TextSpan.FromTo(paragraph[0].Start, paragraph[^1].End));
        blocks.Add(new Block(HasWords(span) ? BlockKind.Paragraph : BlockKind.SceneBreak, span));
        paragraph.Clear();
    }

    private void AddUnspoken(int start, int end, SkipReason reason) =>
        blocks.Add(new Block(BlockKind.Unspoken, TextSpan.FromTo(start, end), Reason: reason));

    // A first line of --- with "key: value" under it, up to the next ---.
    private int FrontMatterEnd()
    {
        var count = 0;
        foreach (var line in Lines.Of(text))
        {
            var content = line.Of(text).TrimEnd();
            if (count == 0 && content is not "---")
                return 0;
            if (count == 1 && !content.Contains(':'))
                return 0;
            if (count > 1 && content is "---" or "...")
                return line.End;
            if (++count > 100)
                return 0;
        }
        return 0;
    }

    private static bool IsOnly(ReadOnlySpan<char> content, char sign) => content.TrimStart(sign).IsEmpty;

    private static bool IsThematicBreak(ReadOnlySpan<char> content)
    {
        var signs = 0;
        foreach (var c in content)
        {
            if (c == content[0])
                signs++;
            else if (c is not (' ' or '\t'))
                return false;
        }
        return content[0] is '-' or '*' or '_' && signs >= 3;
    }

    // A tag or the target of a link has letters, but nothing to say.
    private bool HasWords(TextSpan span) => Words.Any(CleanText.Of(text, span, ManuscriptFormat.Markdown).Text);

    private TextSpan Trim(TextSpan span)
    {
        var content = span.Of(text);
        var start = span.Start + (content.Length - content.TrimStart().Length);
        return new TextSpan(start, content.Trim().Length);
    }
}
