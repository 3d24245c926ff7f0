namespace Lectern.Jobs.Manuscript;

/// <summary>How a manuscript is written.</summary>
internal enum ManuscriptFormat
{
    /// <summary>Paragraphs between blank lines, chapters by headings such as <c>Chapter 1</c>.</summary>
    PlainText,

    /// <summary>CommonMark headings, emphasis, links, lists, quotes and code.</summary>
    Markdown,
}

/// <summary>What a block of lines is.</summary>
internal enum BlockKind
{
    /// <summary>Opens a chapter.</summary>
    Heading,

    /// <summary>The second line of a heading: the chapter's own name under its number.</summary>
    Subtitle,

    /// <summary>A heading inside a chapter (Markdown <c>###</c> and below).</summary>
    Subheading,

    /// <summary>A paragraph, list item, verse or quotation.</summary>
    Paragraph,

    /// <summary>A line without words between paragraphs, such as <c>* * *</c>: a longer pause.</summary>
    SceneBreak,

    /// <summary>Not for the ear; <see cref="Block.Reason"/> says why.</summary>
    Unspoken,
}

/// <summary>Why a part of the source is not spoken.</summary>
internal enum SkipReason
{
    /// <summary>The title page before the first heading.</summary>
    FrontMatter,

    /// <summary>A heading with no words under it.</summary>
    ChapterWithoutWords,

    /// <summary>A list of the headings to come.</summary>
    TableOfContents,

    /// <summary>The licence that Project Gutenberg puts around its books.</summary>
    Boilerplate,

    /// <summary>A fenced code block.</summary>
    Code,

    /// <summary>An HTML comment.</summary>
    Comment,

    /// <summary>YAML front matter or a link definition.</summary>
    Metadata,

    /// <summary>A line without words, such as <c>* * *</c>.</summary>
    Decoration,
}

/// <summary>Some whole lines of the source, blank lines around them left out.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Span">Where they are, without the Markdown signs of a heading.</param>
/// <param name="Heading">Of a heading: what kind of heading it is.</param>
/// <param name="Reason">Of an unspoken block: why.</param>
internal readonly record struct Block(
    BlockKind Kind,
    TextSpan Span,
    HeadingKind Heading = default,
    SkipReason Reason = default
);

/// <summary>A part of the source that is not spoken.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Span">Where it is.</param>
/// <param name="Title">Of a chapter: its title.</param>
internal sealed record Skipped(SkipReason Reason, TextSpan Span, string? Title = null);
