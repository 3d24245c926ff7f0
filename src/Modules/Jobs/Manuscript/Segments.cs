namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Joins chunks into segments: 20 to 40 seconds of audio of one chapter, encoded as one file. Longer files make an edit
/// dearer to encode, shorter ones cost more in seams. The count of characters starts anew in each chapter, so an edit
/// never moves the segments of another one, and in its own only until the next long paragraph.
/// </summary>
internal static class Segments
{
    // Engines say about 14 characters a second: 21 to 50 seconds.
    private const int EnoughCharacters = 300;
    private const int MostCharacters = 700;

    // The book's second segment is done when the first sentence has been heard.
    private const int EnoughForSecond = 100;

    /// <summary>Numbers the chunks and their segments. The book's first chunk is a segment of its own.</summary>
    public static List<Chunk> Number(IReadOnlyList<Draft> drafts)
    {
        var chunks = new List<Chunk>(drafts.Count);
        var segment = 0;
        var characters = 0;
        for (var i = 0; i < drafts.Count; i++)
        {
            var draft = drafts[i];
            chunks.Add(new Chunk(i, draft.Chapter, segment, draft.Source, draft.Spoken, draft.PauseAfterMs));
            characters += draft.Spoken.Text.Length;
            if (i + 1 < drafts.Count && IsEnd(drafts, i, segment, characters))
            {
                segment++;
                characters = 0;
            }
        }
        return chunks;
    }

    private static bool IsEnd(IReadOnlyList<Draft> drafts, int i, int segment, int characters)
    {
        var draft = drafts[i];
        if (segment == 0 || draft.Chapter != drafts[i + 1].Chapter)
            return true;
        if (segment == 1)
            return draft.EndsSentence && characters >= EnoughForSecond;
        if (draft.EndsParagraph && characters >= EnoughCharacters)
            return true;
        // A sentence longer than a segment is cut where its chunks are.
        return draft.EndsSentence
            ? characters + NextSentence(drafts, i + 1) > MostCharacters
            : characters + drafts[i + 1].Spoken.Text.Length > MostCharacters;
    }

    private static int NextSentence(IReadOnlyList<Draft> drafts, int i)
    {
        var characters = drafts[i].Spoken.Text.Length;
        while (!drafts[i].EndsSentence && characters <= MostCharacters)
            characters += drafts[++i].Spoken.Text.Length;
        return characters;
    }
}
