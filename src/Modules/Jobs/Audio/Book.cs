namespace Lectern.Jobs.Audio;

/// <summary>A chapter of the finished file: its title as the author wrote it, and how long it plays.</summary>
/// <param name="Title">Shown by players; any text.</param>
/// <param name="Samples">The sum of its segments, at the output's rate.</param>
internal sealed record BookChapter(string Title, long Samples);

/// <summary>All that the finished file says about itself.</summary>
/// <param name="Title">The book's title; any text.</param>
/// <param name="Author">Who wrote it; null when not known.</param>
/// <param name="Narrator">The voice's name; null when not stated.</param>
/// <param name="Chapters">In reading order; together they are the whole book.</param>
/// <param name="Format">How the segments are encoded.</param>
/// <param name="Rate">The segments' samples per second.</param>
internal sealed record Book(
    string Title,
    string? Author,
    string? Narrator,
    IReadOnlyList<BookChapter> Chapters,
    AudioFormat Format,
    int Rate
)
{
    public const string Genre = "Audiobook";

    /// <summary>How long it plays.</summary>
    public long Samples => Chapters.Sum(chapter => chapter.Samples);

    /// <summary>Each chapter with its first sample and the one after its last.</summary>
    public IEnumerable<(string Title, long Start, long End)> Marks()
    {
        var start = 0L;
        foreach (var chapter in Chapters)
            yield return (Tidy(chapter.Title), start, start += chapter.Samples);
    }

    /// <summary>The tags that are known, by ffmpeg's names.</summary>
    public IEnumerable<(string Name, string Value)> Tags()
    {
        yield return ("title", Tidy(Title));
        yield return ("album", Tidy(Title));
        if (Author is not null)
            yield return ("artist", Tidy(Author));
        if (Narrator is not null)
            yield return ("composer", Tidy(Narrator)); // where audiobook players look for the narrator
        yield return ("genre", Genre);
    }

    /// <summary>One line, no control characters, at most 500 characters, never empty.</summary>
    private static string Tidy(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        if (line.Length > 500)
            line = line[..(char.IsHighSurrogate(line[499]) ? 499 : 500)];
        return line.Length == 0 ? "Untitled" : line;
    }
}
