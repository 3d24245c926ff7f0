namespace Lectern.Jobs.Manuscript;

/// <summary>A chapter of the source.</summary>
/// <param name="Title">As the author wrote it, in one line; the job's title when the source has no heading.</param>
/// <param name="Blocks">Its headings, paragraphs and scene breaks, in order. Never without words.</param>
internal sealed record Chapter(string Title, IReadOnlyList<Block> Blocks)
{
    /// <summary>From its heading to its last word.</summary>
    public TextSpan Span => TextSpan.FromTo(Blocks[0].Span.Start, Blocks[^1].Span.End);
}

/// <summary>The chapters of a manuscript, and what of it is not spoken, both in order.</summary>
internal sealed record ReadManuscript(IReadOnlyList<Chapter> Chapters, IReadOnlyList<Skipped> Skipped);

/// <summary>
/// Finds the chapters. Rules: a heading with no words under it is no chapter (a table of contents falls out by this), but
/// the name of a part goes to the chapter that follows it; text before the first heading is a title page and not spoken,
/// unless it has a real sentence, and then it is a chapter under the job's title; without headings all is one chapter.
/// </summary>
internal sealed class ChapterReader
{
    // A paragraph of a foreword has more words than a line of a title page, and ends like a sentence.
    private const int WordsOfARealSentence = 15;

    private readonly string text;
    private readonly ManuscriptFormat format;
    private readonly string jobTitle;
    private readonly List<Chapter> chapters = [];
    private readonly List<Skipped> skipped = [];

    private ChapterReader(string text, ManuscriptFormat format, string jobTitle) =>
        (this.text, this.format, this.jobTitle) = (text, format, jobTitle);

    /// <summary>Reads a manuscript. A text without a word to say has no chapter.</summary>
    /// <param name="text">The source.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="jobTitle">The title of a chapter that has no heading.</param>
    public static ReadManuscript Read(string text, ManuscriptFormat format, string jobTitle)
    {
        var reader = new ChapterReader(text, format, jobTitle);
        var blocks = format == ManuscriptFormat.Markdown ? MarkdownBlocks.Read(text) : PlainTextBlocks.Read(text);
        reader.Read(blocks);
        return new ReadManuscript(reader.chapters, reader.skipped.OrderBy(s => s.Span.Start).ToList());
    }

    private void Read(List<Block> blocks)
    {
        var spoken = new List<Block>();
        foreach (var block in blocks)
        {
            if (block.Kind == BlockKind.Unspoken)
                skipped.Add(new Skipped(block.Reason, block.Span));
            else
                spoken.Add(block);
            if (block.Kind == BlockKind.SceneBreak)
                skipped.Add(new Skipped(SkipReason.Decoration, block.Span));
        }

        var sections = Sections(spoken);
        if (!sections.Exists(HasBody))
        {
            // Nothing but headings: better to read them than to refuse them.
            var words = spoken.Where(b => b.Kind != BlockKind.SceneBreak).Select(AsParagraph).ToList();
            if (words.Count > 0)
                chapters.Add(new Chapter(jobTitle, words));
            return;
        }

        var lastUse = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < sections.Count; i++)
            lastUse[FirstLine(sections[i])] = i;

        var part = new List<Block>();
        for (var i = 0; i < sections.Count; i++)
        {
            var section = sections[i];
            var heading = section[0];
            if (heading.Kind != BlockKind.Heading)
                AddOpening(section, isAlone: sections.Count == 1);
            else if (heading.Heading == HeadingKind.Contents && !HasRealSentence(section))
                Skip(SkipReason.TableOfContents, section);
            else if (!HasBody(section) && heading.Heading == HeadingKind.Part && IsFollowedByItsChapter(sections, i))
                part.AddRange(section);
            else if (!HasBody(section))
                Skip(SkipReason.ChapterWithoutWords, section);
            else if (lastUse[FirstLine(section)] > i && EndsContents(sections, i))
                Skip(SkipReason.TableOfContents, section);
            else
            {
                AddChapter([.. part, .. section]);
                part.Clear();
            }
        }
    }

    private static List<List<Block>> Sections(List<Block> blocks)
    {
        var sections = new List<List<Block>>();
        foreach (var block in blocks)
        {
            if (sections.Count == 0 || block.Kind == BlockKind.Heading)
                sections.Add([]);
            sections[^1].Add(block);
        }
        return sections;
    }

    private void AddOpening(List<Block> section, bool isAlone)
    {
        if (HasBody(section) && (isAlone || HasRealSentence(section)))
            chapters.Add(new Chapter(jobTitle, WithoutOuterBreaks(section)));
        else
            Skip(SkipReason.FrontMatter, section);
    }

    private void AddChapter(List<Block> blocks) =>
        chapters.Add(new Chapter(TitleOf(blocks), WithoutOuterBreaks(blocks)));

    private void Skip(SkipReason reason, List<Block> section)
    {
        var span = TextSpan.FromTo(section[0].Span.Start, section[^1].Span.End);
        skipped.Add(new Skipped(reason, span, section[0].Kind == BlockKind.Heading ? TitleOf(section) : null));
    }

    // A part's own contents list its chapters right under it without words; only a real chapter takes its name.
    private static bool IsFollowedByItsChapter(List<List<Block>> sections, int part) =>
        part + 1 < sections.Count
        && HasBody(sections[part + 1])
        && sections[part + 1][0].Heading is not (HeadingKind.Part or HeadingKind.Contents);

    // The last line of the contents, with a title page under it: the lines before it have nothing under them.
    private bool EndsContents(List<List<Block>> sections, int i) =>
        i > 0
        && sections[i - 1][0] is { Kind: BlockKind.Heading, Heading: not HeadingKind.Part }
        && !HasBody(sections[i - 1])
        && !HasRealSentence(sections[i]);

    private string FirstLine(List<Block> section) => CleanText.Of(text, section[0].Span, format).Text;

    private string TitleOf(List<Block> blocks)
    {
        var lines = blocks
            .TakeWhile(b => b.Kind is BlockKind.Heading or BlockKind.Subtitle)
            .Select(b => CleanText.Of(text, b.Span, format).Text)
            .ToList();
        for (var i = 0; i < lines.Count - 1; i++)
            lines[i] = lines[i].TrimEnd('.', ':', ' ');
        return string.Join(": ", lines);
    }

    private static bool HasBody(List<Block> section) =>
        section.Exists(b => b.Kind is BlockKind.Paragraph or BlockKind.Subheading);

    private bool HasRealSentence(List<Block> section) =>
        section.Exists(b =>
        {
            if (b.Kind != BlockKind.Paragraph)
                return false;
            var words = CleanText.Of(text, b.Span, format).Text.AsSpan();
            return Words.Count(words) >= WordsOfARealSentence
                && words.TrimEnd("\"'”’»)]")[^1] is '.' or '!' or '?' or '…';
        });

    private static List<Block> WithoutOuterBreaks(List<Block> blocks)
    {
        var last = blocks.FindLastIndex(b => b.Kind != BlockKind.SceneBreak);
        var first = blocks.FindIndex(b => b.Kind != BlockKind.SceneBreak);
        return blocks[first..(last + 1)];
    }

    private static Block AsParagraph(Block block) => new(BlockKind.Paragraph, block.Span);
}
