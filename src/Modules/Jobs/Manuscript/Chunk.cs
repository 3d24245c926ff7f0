namespace Lectern.Jobs.Manuscript;

/// <summary>What is sent to the engine at once: one or a few whole sentences of one paragraph.</summary>
/// <param name="Index">From 0 over the book, in the order of the audio.</param>
/// <param name="Chapter">From 0 over the spoken chapters.</param>
/// <param name="Segment">From 0 over the book: the run of chunks that is encoded as one file.</param>
/// <param name="Source">What of the manuscript it reads.</param>
/// <param name="Spoken">What the engine says. The map's source positions count from <c>Source.Start</c>, so an edit
/// before this chunk leaves its map as it is.</param>
/// <param name="PauseAfterMs">Silence behind it, in milliseconds.</param>
internal sealed record Chunk(int Index, int Chapter, int Segment, TextSpan Source, SpokenText Spoken, int PauseAfterMs);

/// <summary>
/// Silence between chunks, in milliseconds. Our choices, by ear and by the habits of audiobook narrators; only the last
/// follows a rule of the trade, ACX's one to five seconds of room tone at the end of each file.
/// </summary>
internal static class Pause
{
    /// <summary>Inside a sentence that was too long for the engine.</summary>
    public const int Clause = 150;

    /// <summary>Between sentences.</summary>
    public const int Sentence = 350;

    /// <summary>Between paragraphs, and between the lines of a heading.</summary>
    public const int Paragraph = 700;

    /// <summary>After a chapter's heading.</summary>
    public const int Heading = 1200;

    /// <summary>Where the author put a row of asterisks or a rule.</summary>
    public const int Scene = 1500;

    /// <summary>At the end of a chapter.</summary>
    public const int Chapter = 2000;
}
