namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Cuts chapters into chunks. Each paragraph is cut by itself, so an edit never moves the cuts of another one: unchanged
/// chunks keep their spoken text and with it their hash, and are not synthesized or paid for again.
/// </summary>
internal sealed class Chunker
{
    // Shorter chunks cost an engine call each and sound clipped; longer ones make an edit dearer.
    private const int EnoughSourceCharacters = 100;

    private readonly string source;
    private readonly ManuscriptFormat format;
    private readonly string language;
    private readonly int limit;
    private readonly Respell respell;
    private readonly List<Draft> drafts = [];

    private Chunker(string source, ManuscriptFormat format, string language, int limit, Respell respell) =>
        (this.source, this.format, this.language, this.limit, this.respell) = (
            source,
            format,
            language,
            limit,
            respell
        );

    /// <summary>Cuts all chapters of a book.</summary>
    /// <param name="source">The manuscript.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="chapters">Its chapters, in order.</param>
    /// <param name="language">A BCP 47 tag, see <see cref="SpokenForm"/>.</param>
    /// <param name="limit">The most characters of spoken text that the engine takes at once.</param>
    /// <param name="respell">What the lexicons say of a sentence.</param>
    public static List<Chunk> Cut(
        string source,
        ManuscriptFormat format,
        IReadOnlyList<Chapter> chapters,
        string language,
        int limit,
        Respell respell
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, SpokenForm.LongestExpansion);
        var chunker = new Chunker(source, format, language, limit, respell);
        for (var i = 0; i < chapters.Count; i++)
            chunker.CutChapter(i, chapters[i]);
        return Segments.Number(chunker.drafts);
    }

    private void CutChapter(int chapter, Chapter read)
    {
        foreach (var block in read.Blocks)
        {
            if (block.Kind == BlockKind.SceneBreak)
                drafts[^1] = drafts[^1] with { PauseAfterMs = Pause.Scene };
            else
                CutBlock(chapter, block);
        }
        drafts[^1] = drafts[^1] with { PauseAfterMs = Pause.Chapter };
    }

    private void CutBlock(int chapter, Block block)
    {
        var isHeading = block.Kind is BlockKind.Heading or BlockKind.Subtitle or BlockKind.Subheading;
        var clean = CleanText.Of(source, block.Span, format);
        var units = Units(clean, isHeading);
        if (units.Count == 0)
            return;
        if (isHeading && drafts.Count > 0 && drafts[^1].Chapter == chapter && drafts[^1].PauseAfterMs == Pause.Heading)
            drafts[^1] = drafts[^1] with { PauseAfterMs = Pause.Paragraph }; // a heading of two lines

        var first = drafts.Count;
        for (var i = 0; i < units.Count; )
        {
            var start = i++;
            while (i < units.Count && Joins(units, start, i))
                i++;
            drafts.Add(ToDraft(chapter, clean, units[start..i]));
        }
        drafts[^1] = drafts[^1] with
        {
            PauseAfterMs = isHeading ? Pause.Heading : Pause.Paragraph,
            EndsSentence = true,
            EndsParagraph = !isHeading,
        };
        CoverBlock(first, block.Span);
    }

    // A sentence that had to be split keeps to itself: its neighbours change neither with it nor with where it is split.
    private bool Joins(List<Unit> units, int start, int next)
    {
        // The book's first chunk is one sentence: the sooner there is something to hear.
        if (drafts.Count == 0 || units[next].IsPiece || units[next - 1].IsPiece)
            return false;
        var spokenLength = units[next].Spoken.Text.Length;
        for (var i = start; i < next; i++)
            spokenLength += units[i].Spoken.Text.Length + 1;
        return units[next - 1].End - units[start].Start < EnoughSourceCharacters && spokenLength <= limit;
    }

    private static Draft ToDraft(int chapter, CleanText clean, List<Unit> units)
    {
        var start = clean.Origins[units[0].Start];
        var spoken = new SpokenBuilder();
        foreach (var unit in units)
        {
            // The blank between two sentences; some scripts have none.
            if (spoken.Length > 0 && clean.Text[unit.Start - 1] == ' ')
                spoken.Add(" ", new TextSpan(clean.Origins[unit.Start - 1] - start, 1));
            foreach (var pair in unit.Spoken.Map.Pairs)
                AddToSource(spoken, unit.Spoken.Text, pair, clean, unit.Start, start);
        }
        var endsSentence = units[^1].EndsSentence;
        return new Draft(
            chapter,
            TextSpan.FromTo(start, clean.Origins[units[^1].End - 1] + 1),
            spoken.Build(),
            endsSentence ? Pause.Sentence : Pause.Clause,
            endsSentence,
            EndsParagraph: false
        );
    }

    // From positions in the clean text to positions in the source, relative to the chunk. What stands character by
    // character is cut wherever markup or blanks were left out between two characters.
    private static void AddToSource(
        SpokenBuilder spoken,
        string text,
        SpanPair pair,
        CleanText clean,
        int unitStart,
        int chunkStart
    )
    {
        var from = unitStart + pair.Source.Start;
        var origins = clean.Origins.AsSpan(from, pair.Source.Length);
        if (!pair.IsCharacterwise)
        {
            spoken.Add(pair.Spoken.Of(text), TextSpan.FromTo(origins[0] - chunkStart, origins[^1] + 1 - chunkStart));
            return;
        }
        for (var i = 0; i < origins.Length; )
        {
            var start = i++;
            while (i < origins.Length && origins[i] == origins[i - 1] + 1)
                i++;
            spoken.Add(
                text.AsSpan(pair.Spoken.Start + start, i - start),
                new TextSpan(origins[start] - chunkStart, i - start)
            );
        }
    }

    // Every character of the block that is no blank belongs to exactly one chunk: markup goes to the word it touches.
    private void CoverBlock(int first, TextSpan block)
    {
        var start = block.Start;
        for (var i = first; i < drafts.Count; i++)
        {
            var end = block.End;
            if (i + 1 < drafts.Count)
            {
                end = drafts[i].Source.End;
                var next = drafts[i + 1].Source.Start;
                while (end < next && !char.IsWhiteSpace(source[end]))
                    end++;
            }
            drafts[i] = drafts[i].WithSource(TextSpan.FromTo(start, end));
            start = end;
            var latest = i + 1 < drafts.Count ? drafts[i + 1].Source.Start : block.End;
            while (start < latest && char.IsWhiteSpace(source[start]))
                start++;
        }
    }

    // Sentences, and the pieces of those that the engine can't take whole. A piece without words (a row of signs) is no
    // unit; its characters go to the one before.
    private List<Unit> Units(CleanText clean, bool isHeading)
    {
        var units = new List<Unit>();
        foreach (var sentence in isHeading ? [new TextSpan(0, clean.Text.Length)] : SentenceSplitter.Split(clean.Text))
        {
            var written = clean.Text.Substring(sentence.Start, sentence.Length);
            var spoken = SpokenForm.Of(written, language, isHeading, respell(written));
            if (spoken.Text.Length <= limit)
            {
                if (Words.Any(spoken.Text))
                    units.Add(new Unit(sentence.Start, sentence.End, spoken, EndsSentence: true, IsPiece: false));
                continue;
            }
            foreach (var piece in LongSentence.Split(spoken, limit))
            {
                var (start, end) = (piece.Map.Pairs[0].Source.Start, piece.Map.Pairs[^1].Source.End);
                if (Words.Any(piece.Text))
                    units.Add(
                        new Unit(
                            sentence.Start + start,
                            sentence.Start + end,
                            Rebase(piece, start),
                            EndsSentence: end == sentence.Length,
                            IsPiece: true
                        )
                    );
            }
        }
        return units;
    }

    private static SpokenText Rebase(SpokenText spoken, int start) =>
        spoken with
        {
            Map = new SpanMap([
                .. spoken.Map.Pairs.Select(p => p with { Source = p.Source with { Start = p.Source.Start - start } }),
            ]),
        };

    /// <summary>A sentence or a piece of one; positions count in the block's clean text, its map from its own start.</summary>
    private readonly record struct Unit(int Start, int End, SpokenText Spoken, bool EndsSentence, bool IsPiece);
}

/// <summary>A chunk that does not know its index and segment yet.</summary>
internal readonly record struct Draft(
    int Chapter,
    TextSpan Source,
    SpokenText Spoken,
    int PauseAfterMs,
    bool EndsSentence,
    bool EndsParagraph
)
{
    /// <summary>The same chunk over more of the source; its map keeps pointing at the same characters.</summary>
    public Draft WithSource(TextSpan source)
    {
        var shift = Source.Start - source.Start;
        if (shift == 0)
            return this with { Source = source };
        var pairs = Spoken.Map.Pairs.Select(p => p with { Source = p.Source with { Start = p.Source.Start + shift } });
        return this with { Source = source, Spoken = Spoken with { Map = new SpanMap([.. pairs]) } };
    }
}
