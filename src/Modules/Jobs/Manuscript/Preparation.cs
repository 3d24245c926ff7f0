using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Manuscript;

/// <summary>A manuscript ready to be spoken.</summary>
/// <param name="Chapters">The spoken chapters, in order. None when there is no word to say, as in Markdown that is all
/// code; the caller refuses such a job.</param>
/// <param name="Chunks">What to synthesize, in order; <c>Index</c> is the position.</param>
/// <param name="Skipped">What is not spoken, and why, in the order of the source.</param>
/// <param name="Words">How many words of the source are spoken.</param>
/// <param name="Characters">How many characters (UTF-16 code units) of the source are spoken.</param>
internal sealed record PreparedManuscript(
    IReadOnlyList<PreparedChapter> Chapters,
    IReadOnlyList<Chunk> Chunks,
    IReadOnlyList<Skipped> Skipped,
    int Words,
    int Characters
);

/// <summary>A spoken chapter.</summary>
/// <param name="Index">From 0, in order.</param>
/// <param name="Title">As the author wrote it, or the job's title.</param>
/// <param name="Source">From its heading to its last word.</param>
/// <param name="FirstChunk">Index of its first chunk, which speaks its heading if it has one.</param>
/// <param name="ChunkCount">At least 1.</param>
internal sealed record PreparedChapter(int Index, string Title, TextSpan Source, int FirstChunk, int ChunkCount);

/// <summary>What the lexicons say of a sentence, in its order; none longer than <see cref="SpokenForm.LongestExpansion"/>.</summary>
internal delegate IReadOnlyList<Respelling> Respell(string sentence);

/// <summary>From a manuscript to what is spoken, piece by piece. Pure, and linear in the length of the text.</summary>
internal static class Preparation
{
    /// <summary>The spoken characters that an engine takes at once, when it states no other limit.</summary>
    public const int DefaultEngineLimit = 300;

    /// <summary>Prepares a manuscript.</summary>
    /// <param name="text">The source; it is never changed, and every position refers to it.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="title">The job's title, for a chapter that has none of its own. It is not spoken.</param>
    /// <param name="language">A BCP 47 tag; only English is expanded for speech.</param>
    /// <param name="engineLimit">The most spoken characters of a chunk, at least
    /// <see cref="SpokenForm.LongestExpansion"/>.</param>
    /// <param name="respell">What the lexicons say of a sentence; nothing without it.</param>
    public static PreparedManuscript Prepare(
        string text,
        ManuscriptFormat format,
        string title,
        string language,
        int engineLimit = DefaultEngineLimit,
        Respell? respell = null
    )
    {
        var (chapters, skipped) = ChapterReader.Read(text, format, title);
        var chunks = Chunker.Cut(text, format, chapters, language, engineLimit, respell ?? (_ => []));

        var words = 0;
        var characters = 0;
        var counts = new int[chapters.Count];
        foreach (var chunk in chunks)
        {
            words += Manuscript.Words.Count(chunk.Source.Of(text));
            characters += chunk.Source.Length;
            counts[chunk.Chapter]++;
        }

        var prepared = new List<PreparedChapter>(chapters.Count);
        var first = 0;
        for (var i = 0; i < chapters.Count; i++)
        {
            prepared.Add(new PreparedChapter(i, chapters[i].Title, chapters[i].Span, first, counts[i]));
            first += counts[i];
        }
        return new PreparedManuscript(prepared, chunks, skipped, words, characters);
    }
}
