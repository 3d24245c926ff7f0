using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lectern.Jobs.Manuscript;
using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Jobs.Manuscript;

public sealed class PreparationTests
{
    private static readonly string[] Fragments =
    [
        " ",
        " ",
        " ",
        "\n",
        "\n\n",
        "\r\n",
        "word",
        "Word",
        "It was he.",
        "\"Yes!\" ",
        "Mr. Bennet",
        "St.",
        "J. R.",
        "...",
        "…",
        "_so_",
        "*",
        "**",
        "--",
        "—",
        " - ",
        "1806",
        "$5.50",
        "10:30",
        "5%",
        "1,000",
        "-7",
        "1-2-3",
        "&",
        "[a](b)",
        "[",
        "](",
        ")",
        "`",
        "```\n",
        "\n# Head\n",
        "\n\nChapter 1\n\n",
        "\n\nPart Two\n\n",
        "\n\n* * *\n\n",
        "\n- item",
        "\n> quote",
        "<!--",
        "-->",
        "<b>",
        "&amp;",
        "\\_",
        "😀",
        "e\u0301",
        "他走了。",
        "¿Qué?",
        "\u00AD",
        "I",
        "IV.",
        "!?!?!?",
        "(((",
        "|",
        "===\n",
        "---\n",
        "a sentence that goes on, and on; and on: until it has become rather long for the engine, as sentences do, ",
    ];

    [Fact]
    public void The_sample_is_three_chapters_of_known_chunks()
    {
        var prepared = Preparation.Prepare(Books.Sample, ManuscriptFormat.PlainText, "Pride and Prejudice", "en");

        prepared.Chapters.Select(c => c.Title).ShouldBe(["Chapter 1", "Chapter 2", "Chapter 3"]);
        prepared.Chapters.Select(c => c.ChunkCount).ShouldBe([41, 35, 60]);
        prepared.Chunks.Count.ShouldBe(136);
        prepared.Chunks[^1].Segment.ShouldBe(40);
        prepared.Words.ShouldBe(3341);
        prepared.Chunks[0].Spoken.Text.ShouldBe("Chapter one");
        prepared.Chunks[^1].Spoken.Text.ShouldBe("I quite detest the man.\"");
        var longest = prepared.Chunks.MaxBy(c => c.Spoken.Text.Length)!.Spoken.Text;
        longest.Length.ShouldBe(300);
        longest.ShouldStartWith("The gentlemen pronounced him to be a fine figure of a man,");
        longest.ShouldEndWith("for he was discovered to be proud;");
    }

    [Fact]
    public void No_manuscript_can_say_how_a_word_is_pronounced()
    {
        var prepared = Preparation.Prepare(
            "The \uFFF9sea\uFFFA[[nonsense\uFFFB is calm.",
            ManuscriptFormat.PlainText,
            "T",
            "en"
        );
        prepared.Chunks.ShouldHaveSingleItem().Spoken.Text.ShouldBe("The sea[[nonsense is calm.");
    }

    [Fact]
    public void A_novel_loses_no_word()
    {
        var prepared = Preparation.Prepare(Books.Novel, ManuscriptFormat.PlainText, "Persuasion", "en");
        prepared.Chapters.Count.ShouldBe(24);
        ShouldHold(Books.Novel, ManuscriptFormat.PlainText, prepared);
    }

    [Theory]
    [InlineData(nameof(ManuscriptFormat.PlainText), "en")]
    [InlineData(nameof(ManuscriptFormat.Markdown), "en")]
    [InlineData(nameof(ManuscriptFormat.PlainText), "fr")]
    public void No_text_loses_a_word_or_says_it_twice(string formatName, string language)
    {
        var format = Enum.Parse<ManuscriptFormat>(formatName);
        var texts = Gen.Elements(Fragments).ListOf().Resize(120).Select(string.Concat).ToArbitrary();
        var property = Prop.ForAll(
            texts,
            text => ShouldHold(text, format, Preparation.Prepare(text, format, "T", language, 200), 200)
        );
        Check.One(
            Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(400).WithReplay(1813, 1817),
            property
        );
    }

    [Theory]
    [InlineData("word ", 20_000)]
    [InlineData("a, b; ", 16_000)]
    [InlineData("x", 100_000)]
    [InlineData("7", 100_000)]
    [InlineData("1-", 50_000)]
    [InlineData("1,000,", 16_000)]
    [InlineData("😀a", 33_000)]
    [InlineData("e\u0301", 50_000)]
    [InlineData("a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", 8_000)]
    [InlineData("Mr. ", 25_000)]
    [InlineData("a [", 33_000)]
    [InlineData("](", 50_000)]
    [InlineData("a <b ", 20_000)]
    [InlineData("_a", 50_000)]
    [InlineData("a <!-- ", 14_000)]
    [InlineData("$5-", 33_000)]
    [InlineData("a . (", 20_000)]
    public void A_sentence_of_a_hundred_thousand_characters_is_split(string repeated, int times)
    {
        var text = "a" + string.Concat(Enumerable.Repeat(repeated, times));
        foreach (var format in Enum.GetValues<ManuscriptFormat>())
        {
            var prepared = Preparation.Prepare(text, format, "T", "en");
            ShouldHold(text, format, prepared);
            prepared.Chunks.ShouldAllBe(c => !char.IsLowSurrogate(c.Spoken.Text[0]));
        }
    }

    [Fact]
    public void A_long_sentence_is_split_behind_clauses_before_it_is_split_at_blanks()
    {
        var clause = string.Concat(Enumerable.Repeat("and on ", 18)).Trim();
        var chunks = Prepare($"Short.\n\n{clause}; {clause}, {clause}.").Chunks;
        chunks.Select(c => c.Spoken.Text).ShouldBe(["Short.", $"{clause}; {clause},", $"{clause}."]);
        chunks[1].PauseAfterMs.ShouldBe(Pause.Clause);
    }

    [Fact]
    public void A_letter_is_not_split_from_its_accents()
    {
        var chunks = Prepare(string.Concat(Enumerable.Repeat("ae\u0301", 2000))).Chunks;
        chunks.Count.ShouldBeGreaterThan(10);
        chunks.ShouldAllBe(c => c.Spoken.Text[0] != '\u0301');
    }

    [Fact]
    public void Sentences_join_until_there_is_enough_and_never_over_the_limit()
    {
        var chunks = Prepare(
            "First. Second.\n\nOne. Two. Three.\n\n" + Sentence(90) + " " + Sentence(250) + " End."
        ).Chunks;
        chunks
            .Select(c => c.Spoken.Text)
            .ShouldBe(["First.", "Second.", "One. Two. Three.", Sentence(90), Sentence(250), "End."]);
    }

    [Fact]
    public void The_heading_is_the_first_chunk_and_pauses_tell_the_structure()
    {
        var chunks = Prepare(
            "Part One\n\nChapter I\nLoomings\n\nCall me Ishmael.\n\n* * *\n\nYes.\n\nNo.\n\nChapter II\n\nEnd."
        ).Chunks;
        chunks
            .Select(c => (c.Spoken.Text, c.Chapter, c.PauseAfterMs))
            .ShouldBe([
                ("Part One", 0, Pause.Paragraph),
                ("Chapter one", 0, Pause.Paragraph),
                ("Loomings", 0, Pause.Heading),
                ("Call me Ishmael.", 0, Pause.Scene),
                ("Yes.", 0, Pause.Paragraph),
                ("No.", 0, Pause.Chapter),
                ("Chapter two", 1, Pause.Heading),
                ("End.", 1, Pause.Chapter),
            ]);
    }

    [Fact]
    public void Captions_lead_back_to_the_authors_text_through_markup_and_expansion()
    {
        const string text = "Start.\n\nHe paid **$5** to\n[Mr. _Darcy_](x) in 1806. Yes.";
        var chunk = Preparation.Prepare(text, ManuscriptFormat.Markdown, "T", "en").Chunks[1];
        chunk.Spoken.Text.ShouldBe("He paid five dollars to Mister Darcy in eighteen oh six. Yes.");

        Source("five dollars").ShouldBe("$5");
        Source("Darcy").ShouldBe("Darcy");
        Source("eighteen").ShouldBe("1806");
        Source("Yes").ShouldBe("Yes");

        string Source(string said)
        {
            var found = chunk.Spoken.Text.IndexOf(said, StringComparison.Ordinal);
            var span = chunk.Spoken.Map.ToSource(new TextSpan(found, said.Length));
            return text.Substring(chunk.Source.Start + span.Start, span.Length);
        }
    }

    [Fact]
    public void Rewrapping_a_paragraph_changes_nothing_that_is_said()
    {
        var rewrapped = Books
            .Sample.Replace("\n\n", "¶", StringComparison.Ordinal)
            .Replace('\n', ' ')
            .Replace("¶", "\n\n", StringComparison.Ordinal);
        Said(rewrapped).ShouldBe(Said(Books.Sample));
    }

    [Fact]
    public void Segments_keep_to_one_chapter_and_to_half_a_minute()
    {
        var chunks = Preparation.Prepare(Books.Novel, ManuscriptFormat.PlainText, "T", "en").Chunks;
        var segments = chunks.GroupBy(c => c.Segment).ToList();
        segments.Select(s => s.Key).ShouldBe(Enumerable.Range(0, segments.Count));
        segments.ShouldAllBe(s => s.Select(c => c.Chapter).Distinct().Count() == 1);
        segments[0].ShouldHaveSingleItem();
        segments[1].SkipLast(1).ShouldAllBe(c => c.PauseAfterMs == Pause.Clause); // one sentence, however long

        var inside = segments.Where(s => s.Last().PauseAfterMs != Pause.Chapter).Skip(2).ToList();
        // Austen has sentences longer than a segment; only inside one of those may a segment end.
        inside.Count(s => s.Last().PauseAfterMs == Pause.Clause).ShouldBeLessThan(inside.Count / 20);
        inside.ShouldAllBe(s => s.Sum(c => c.Spoken.Text.Length) <= 700);
        inside.Count(s => s.Sum(c => c.Spoken.Text.Length) >= 300).ShouldBeGreaterThan(inside.Count * 9 / 10);
    }

    /// <summary>Edit one line, pay for one line. In each of 50 sentences of the book, chosen by a fixed seed.</summary>
    [Theory]
    [InlineData("{0} {1} zebra{2}", 1, 3)] // a word more
    [InlineData("A new sentence that the book has never had. {0} {1}{2}", 1, 4)] // one before it
    [InlineData("", 1, 3)] // the sentence goes
    [InlineData("Quite unlike anything the whole family had ever heard of before that day, {0} {1}{2}", 1, 4)] // much longer
    public void An_edit_changes_few_chunks(string edit, int median, int most)
    {
        var text = Books.Sample;
        var chunks = Prepare(text).Chunks;
        var known = chunks.Select(c => c.Spoken.Text).ToHashSet(StringComparer.Ordinal);
        var random = new Random(1811);
        var changed = new List<int>();
        while (changed.Count < 50)
        {
            var chunk = chunks[random.Next(1, chunks.Count)];
            var source = chunk.Source.Of(text).ToString();
            var sentences = SentenceSplitter.Split(source.Replace('\n', ' '));
            var sentence = sentences[random.Next(sentences.Count)];
            var words = sentence.Of(source).ToString().Split(' ', 3);
            if (words.Length < 3)
                continue;
            var edited = string.Format(CultureInfo.InvariantCulture, edit, words[0], words[1], " " + words[2]);
            var at = chunk.Source.Start + sentence.Start;
            var after = Said(string.Concat(text.AsSpan(0, at), edited, text.AsSpan(at + sentence.Length)));
            changed.Add(after.Count(said => !known.Contains(said)));
        }
        changed.Sort();
        changed[25].ShouldBeLessThanOrEqualTo(median);
        changed[^1].ShouldBeLessThanOrEqualTo(most);
    }

    [Fact]
    public void An_edit_leaves_the_chunks_of_other_paragraphs_as_they_are()
    {
        var before = Preparation.Prepare(Books.Sample, ManuscriptFormat.PlainText, "T", "en").Chunks;
        var at = Books.Sample.IndexOf("Mr. Bennet was so odd", StringComparison.Ordinal);
        var after = Preparation
            .Prepare(Books.Sample.Insert(at, "Well. "), ManuscriptFormat.PlainText, "T", "en")
            .Chunks;
        var paragraphEnd = Books.Sample.IndexOf("\n\n", at, StringComparison.Ordinal);
        var rest = before.Where(c => c.Source.Start > paragraphEnd).ToList();

        after.TakeLast(rest.Count).Select(c => c.Source.Start - 6).ShouldBe(rest.Select(c => c.Source.Start));
        after
            .TakeLast(rest.Count)
            .SelectMany(c => c.Spoken.Map.Pairs)
            .ShouldBe(rest.SelectMany(c => c.Spoken.Map.Pairs));
    }

    [Fact]
    public void A_changed_entry_changes_the_chunks_with_its_word_and_no_others()
    {
        var limits = new EngineLimits(1) { TakesIpa = true };
        List<Chunk> Chunks(params LexiconEntry[] entries)
        {
            var lexicon = Lexicon.Of(entries);
            return
            [
                .. Preparation
                    .Prepare(
                        Books.Sample,
                        ManuscriptFormat.PlainText,
                        "T",
                        "en",
                        engineLimit: 2_000,
                        respell: sentence => lexicon.Find(sentence, limits, "en")
                    )
                    .Chunks,
            ];
        }
        var rendering = new Rendering("v", "", "1", 1, "");
        List<string> Hashes(List<Chunk> chunks) =>
            [.. chunks.Select(chunk => Convert.ToHexString(ChunkHash.Of([1], chunk.Spoken.Text, rendering)))];

        var plain = Chunks();
        var before = Chunks(new LexiconEntry("Bingley", "Bing-lee", null));
        var after = Chunks(new LexiconEntry("Bingley", "Bing-lee", "ˈbɪŋli"));
        before.Select(chunk => chunk.Source).ShouldBe(plain.Select(chunk => chunk.Source));
        after.Select(chunk => chunk.Source).ShouldBe(plain.Select(chunk => chunk.Source));
        var withWord = plain
            .Where(chunk => chunk.Source.Of(Books.Sample).Contains("Bingley", StringComparison.Ordinal))
            .Select(chunk => chunk.Index)
            .ToList();
        withWord.Count.ShouldBeInRange(3, plain.Count / 2);
        foreach (var (one, other) in new[] { (plain, before), (before, after), (plain, after) })
            Hashes(one)
                .Zip(Hashes(other))
                .Index()
                .Where(pair => pair.Item.First != pair.Item.Second)
                .Select(pair => pair.Index)
                .ShouldBe(withWord);
        foreach (var i in withWord)
        {
            after[i].Spoken.Text.ShouldContain(Pronunciation.Mark("Bingley", "ˈbɪŋli"));
            Pronunciation.Strip(after[i].Spoken.Text).ShouldBe(plain[i].Spoken.Text);
        }
    }

    [Fact]
    public void A_pronunciation_is_never_cut_in_two()
    {
        var lexicon = Lexicon.Of([new LexiconEntry("ab", null, new string('ə', 100))]);
        var text = string.Join(' ', Enumerable.Repeat("ab", 60)) + ".";
        var chunks = Preparation
            .Prepare(
                text,
                ManuscriptFormat.PlainText,
                "T",
                "en",
                SpokenForm.LongestExpansion,
                sentence => lexicon.Find(sentence, new EngineLimits(1) { TakesIpa = true }, "en")
            )
            .Chunks;
        chunks.Count.ShouldBe(60);
        chunks.ShouldAllBe(chunk => chunk.Spoken.Text.StartsWith(Pronunciation.Mark("ab", new string('ə', 100))));
        chunks.ShouldAllBe(chunk => chunk.Spoken.Text.Length <= SpokenForm.LongestExpansion);
    }

    [Fact]
    public void Text_without_words_has_no_chunks() =>
        Preparation.Prepare("```\ncode\n```", ManuscriptFormat.Markdown, "T", "en").Chunks.ShouldBeEmpty();

    private static PreparedManuscript Prepare(string text) =>
        Preparation.Prepare(text, ManuscriptFormat.PlainText, "T", "en");

    private static List<string> Said(string text) => Prepare(text).Chunks.Select(c => c.Spoken.Text).ToList();

    private static string Sentence(int length) => "A" + new string('b', length - 2) + ".";

    // What is true of every prepared text.
    private static void ShouldHold(string text, ManuscriptFormat format, PreparedManuscript prepared, int limit = 300)
    {
        var owner = new int[text.Length];
        for (var i = 0; i < prepared.Chunks.Count; i++)
        {
            var chunk = prepared.Chunks[i];
            chunk.Index.ShouldBe(i);
            chunk.Spoken.Text.Length.ShouldBeInRange(1, limit);
            Words.Any(chunk.Spoken.Text).ShouldBeTrue();
            Mark(owner, chunk.Source);
            ShouldMap(text, format, chunk);
        }
        // Skipped chapters may hold comments and decoration, which are noted as well.
        bool IsInside(Skipped s) => s.Reason is SkipReason.Code or SkipReason.Comment or SkipReason.Metadata;
        foreach (var skipped in prepared.Skipped.OrderByDescending(IsInside))
            Mark(owner, skipped.Span, onlyFree: !IsInside(skipped));

        for (var i = 0; i < text.Length; i++)
        {
            var isFree =
                char.IsWhiteSpace(text[i])
                || (format == ManuscriptFormat.Markdown && "#=-".Contains(text[i], StringComparison.Ordinal));
            if (owner[i] != 1 && !(owner[i] == 0 && isFree))
                Assert.Fail($"Character {i} ({text[i]}) belongs to {owner[i]} chunks or skips in: {text}");
        }
    }

    private static void Mark(int[] owner, TextSpan span, bool onlyFree = false)
    {
        for (var i = span.Start; i < span.End; i++)
            owner[i] = onlyFree ? Math.Max(1, owner[i]) : owner[i] + 1;
    }

    private static void ShouldMap(string text, ManuscriptFormat format, Chunk chunk)
    {
        var (said, source) = (0, 0);
        var unmapped = new StringBuilder();
        foreach (var pair in chunk.Spoken.Map.Pairs)
        {
            pair.Spoken.Start.ShouldBe(said);
            pair.Source.Start.ShouldBeGreaterThanOrEqualTo(source);
            unmapped.Append(text, chunk.Source.Start + source, pair.Source.Start - source);
            (said, source) = (pair.Spoken.End, pair.Source.End);
        }
        said.ShouldBe(chunk.Spoken.Text.Length);
        source.ShouldBeLessThanOrEqualTo(chunk.Source.Length);
        unmapped.Append(text, chunk.Source.Start + source, chunk.Source.Length - source);
        // In Markdown the target of a link is unmapped, and has letters.
        if (format == ManuscriptFormat.PlainText)
            Words.Any(unmapped.ToString()).ShouldBeFalse($"unsaid: {unmapped}");
    }
}
