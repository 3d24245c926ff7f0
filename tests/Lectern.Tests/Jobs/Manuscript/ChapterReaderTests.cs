using Lectern.Jobs.Manuscript;

namespace Lectern.Tests.Jobs.Manuscript;

public sealed class ChapterReaderTests
{
    [Theory]
    [InlineData("Chapter 1")]
    [InlineData("CHAPTER I. Loomings.")]
    [InlineData("Chapter Twenty-One")]
    [InlineData("CHAPTER THE FIRST")]
    [InlineData("Chapter 3 The Boy")]
    [InlineData("Chapter 3: the boy", false)]
    [InlineData("Chapter 4 — A Title")]
    [InlineData("Part Two")]
    [InlineData("BOOK IV")]
    [InlineData("Act II")]
    [InlineData("Letter 1")]
    [InlineData("Prologue")]
    [InlineData("EPILOGUE.")]
    [InlineData("Introduction: A Note")]
    [InlineData("Chapter 1 was dull.", false)]
    [InlineData("Part two of the plan", false)]
    [InlineData("Part of it", false)]
    [InlineData("chapter 1", false)]
    [InlineData("Chapter IIII", false)]
    [InlineData("Chapters 1", false)]
    [InlineData("Prologue to war", false)]
    [InlineData("\"Chapter 1\"", false)]
    [InlineData("Act I saw then with her own eyes, in the town, on the second of March, at noon", false)]
    public void A_heading_is_known_by_its_wording(string line, bool isHeading = true)
    {
        var chapters = Read($"Opening here.\n\n{line}\n\nHe spoke.").Chapters;
        if (isHeading)
            chapters.ShouldHaveSingleItem().Title.ShouldBe(line);
        else
            chapters.ShouldHaveSingleItem().Title.ShouldBe("Job");
    }

    [Fact]
    public void The_title_page_is_not_spoken_and_is_noted()
    {
        var read = Read("PRIDE AND PREJUDICE\n\nBy Jane Austen\n\n\n\nChapter 1\n\n\nIt is a truth");
        Titles(read).ShouldBe(["Chapter 1"]);
        var skip = read.Skipped.ShouldHaveSingleItem();
        skip.Reason.ShouldBe(SkipReason.FrontMatter);
        skip.Span.ShouldBe(new TextSpan(0, "PRIDE AND PREJUDICE\n\nBy Jane Austen".Length));
    }

    [Fact]
    public void A_real_sentence_before_the_first_heading_is_a_chapter_under_the_jobs_title()
    {
        var read = Read(
            "My Book\n\nThese pages were written in a hard winter, and I ask the reader to forgive what the cold did."
                + "\n\nChapter 1\n\nIt began."
        );
        Titles(read).ShouldBe(["Job", "Chapter 1"]);
        read.Skipped.ShouldBeEmpty();
    }

    [Fact]
    public void Without_headings_all_is_one_chapter() => Titles(Read("One.\n\nTwo.")).ShouldBe(["Job"]);

    [Fact]
    public void Nothing_but_headings_is_read_as_text()
    {
        var chapter = Read("Chapter 1\n\nChapter 2").Chapters.ShouldHaveSingleItem();
        chapter.Blocks.Select(b => b.Kind).ShouldBe([BlockKind.Paragraph, BlockKind.Paragraph]);
    }

    [Fact]
    public void A_chapter_without_words_is_skipped_and_noted()
    {
        var read = Read("Chapter 1\n\nWords.\n\nChapter 2\n\n* * *\n\nChapter 3\n\nWords.");
        Titles(read).ShouldBe(["Chapter 1", "Chapter 3"]);
        read.Skipped.ShouldContain(s => s.Reason == SkipReason.ChapterWithoutWords && s.Title == "Chapter 2");
        read.Skipped.ShouldContain(s => s.Reason == SkipReason.Decoration);
    }

    [Theory]
    [InlineData("CONTENTS\n\nChapter 1\nChapter 2\n\n\n")]
    [InlineData("Contents\n\nChapter 1\n\nChapter 2\n\nTHE BOOK\n\nby Nobody\n\n")]
    [InlineData("Chapter 1. . . 5\nChapter 2. . . 9\n\n")]
    public void A_table_of_contents_is_not_a_chapter(string contents) =>
        Titles(Read($"{contents}Chapter 1\n\nFirst words.\n\nChapter 2\n\nSecond words."))
            .ShouldBe(["Chapter 1", "Chapter 2"]);

    [Fact]
    public void A_short_chapter_that_shares_its_number_with_a_later_one_is_kept() =>
        Titles(Read("Part One\n\nChapter 1\n\nHe died.\n\nPart Two\n\nChapter 1\n\nShe lived."))
            .ShouldBe(["Part One: Chapter 1", "Part Two: Chapter 1"]);

    [Fact]
    public void A_title_under_the_number_belongs_to_the_heading()
    {
        Titles(Read("CHAPTER I.\nLoomings.\n\nCall me Ishmael.")).ShouldBe(["CHAPTER I: Loomings."]);
        Titles(Read("CHAPTER I.\n\nTHE PERIOD\n\nIt was the best.")).ShouldBe(["CHAPTER I: THE PERIOD"]);
    }

    [Fact]
    public void Text_right_under_a_chapter_heading_is_its_body()
    {
        var chapter = Read("Chapter 1\nIt was a dark\nand stormy night.").Chapters.ShouldHaveSingleItem();
        chapter.Title.ShouldBe("Chapter 1");
        chapter.Blocks.Count.ShouldBe(2);
    }

    [Fact]
    public void Numerals_head_chapters_only_if_they_count_up_from_one()
    {
        Titles(Read("I\n\nOne.\n\nII. A Title\n\nTwo.\n\nIII.\n\nThree.")).ShouldBe(["I", "II. A Title", "III."]);
        Titles(Read("Chapter 1\n\nI\n\nOne.\n\nII\n\nTwo.")).ShouldBe(["Chapter 1"]);
        Titles(Read("7\n\nOne.\n\n12\n\nTwo.")).ShouldBe(["Job"]);
        Titles(Read("Home\n\nI\n\nam here.")).ShouldBe(["Job"]);
    }

    [Fact]
    public void Long_lines_without_blank_lines_are_paragraphs()
    {
        var line = string.Concat(Enumerable.Repeat("He walked on and on. ", 10)).Trim();
        var read = Read($"Chapter 1\n{line}\n\"Yes.\"\nChapter 2\n{line}\n\"No.\"\n{line}");
        Titles(read).ShouldBe(["Chapter 1", "Chapter 2"]);
        read.Chapters[1].Blocks.Count.ShouldBe(4);
    }

    [Fact]
    public void One_long_line_does_not_take_a_wrapped_paragraph_apart()
    {
        var wrapped = string.Join('\n', Enumerable.Repeat("He walked on and on until the road was at an end.", 5));
        Read($"{wrapped}\n{new string('x', 130)}\n{wrapped}").Chapters[0].Blocks.Count.ShouldBe(1);
    }

    [Fact]
    public void The_licence_around_a_gutenberg_text_is_not_spoken()
    {
        var read = Read(
            "The Project Gutenberg eBook\n\n*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***\n\nChapter 1\n\nEmma."
                + "\n\n*** END OF THE PROJECT GUTENBERG EBOOK EMMA ***\n\nUpdated editions will replace it."
        );
        read.Chapters.ShouldHaveSingleItem().Blocks.Count.ShouldBe(2);
        read.Skipped.Count(s => s.Reason == SkipReason.Boilerplate).ShouldBe(4);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Any_line_end_will_do(string end) =>
        Titles(Read($"Chapter 1{end}{end}One.{end}{end}Chapter 2{end}{end}Two.")).ShouldBe(["Chapter 1", "Chapter 2"]);

    [Fact]
    public void Markdown_headings_of_two_levels_open_chapters()
    {
        var read = Markdown(
            "# Book\n\n## One *two*\n\ntext\n\n### Inside\n\ntext\n\nTwo\n---\n\ntext\n\nThree\n===\ntext"
        );
        Titles(read).ShouldBe(["One two", "Two", "Three"]);
        read.Chapters[0]
            .Blocks.Select(b => b.Kind)
            .ShouldBe([BlockKind.Heading, BlockKind.Paragraph, BlockKind.Subheading, BlockKind.Paragraph]);
        read.Skipped.ShouldHaveSingleItem().Title.ShouldBe("Book");
    }

    [Fact]
    public void Markdown_code_comments_and_metadata_are_not_spoken()
    {
        const string text = """
            ---
            title: x
            ---
            # One
            Before <!-- inside --> after.
            ```cs
            # not a heading
            ```
            <!-- a
            # comment

            b --> Behind.

            [ref]: https://example.com
            ~~~
            never closed
            """;
        var read = Markdown(text);
        Titles(read).ShouldBe(["One"]);
        read.Skipped.Select(s => s.Reason)
            .ShouldBe([SkipReason.Metadata, SkipReason.Code, SkipReason.Comment, SkipReason.Metadata, SkipReason.Code]);
        Paragraphs(text).ShouldBe(["Before after.", "Behind."]);
    }

    [Theory]
    [InlineData("**bold** and _soft_ and *so*", "bold and soft and so")]
    [InlineData("snake_case 2*3 un**frigging**real", "snake_case 2*3 unfriggingreal")]
    [InlineData("see [the *docs*](http://x.y/a_(b) \"t\") now", "see the docs now")]
    [InlineData("see [docs][ref] and ![a cat](c.png)[^1]", "see docs and a cat")]
    [InlineData("[sic] stays", "[sic] stays")]
    [InlineData("`code` and ~~gone~~", "code and gone")]
    [InlineData(@"\*not\* \_em\_", "*not* _em_")]
    [InlineData("<b>a</b> < b &amp; c<br/>", "a < b & c")]
    [InlineData("> quoted\n> twice", "quoted twice")]
    [InlineData("[[[ a (((", "[[[ a (((")]
    public void Markup_is_not_read(string written, string read) => Paragraphs(written).ShouldBe([read]);

    [Fact]
    public void Each_list_item_is_a_paragraph() =>
        Paragraphs("- one\n- two\n  more\n\n1. three\n2. four").ShouldBe(["one", "two more", "1. three", "2. four"]);

    private static ReadManuscript Read(string text) => ChapterReader.Read(text, ManuscriptFormat.PlainText, "Job");

    private static ReadManuscript Markdown(string text) => ChapterReader.Read(text, ManuscriptFormat.Markdown, "Job");

    private static IEnumerable<string> Titles(ReadManuscript read) => read.Chapters.Select(c => c.Title);

    private static IEnumerable<string> Paragraphs(string text) =>
        Markdown(text)
            .Chapters.SelectMany(c => c.Blocks)
            .Where(b => b.Kind == BlockKind.Paragraph)
            .Select(b => CleanText.Of(text, b.Span, ManuscriptFormat.Markdown).Text);
}
