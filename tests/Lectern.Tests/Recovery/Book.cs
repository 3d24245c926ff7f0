namespace Lectern.Tests.Recovery;

/// <summary>A book in Markdown of which no two sentences are the same, in this or another book.</summary>
/// <param name="Text">The manuscript.</param>
/// <param name="Chapters">How many chapters it has.</param>
/// <param name="Format">What to make of it.</param>
internal sealed record Book(string Text, int Chapters, string Format)
{
    private static readonly string[] Words =
        "river stone lantern garden winter morning harbor letter window silver mountain evening candle meadow shadow thunder orchard bridge sailor violin copper blanket whisper forest island village feather kettle marble curtain pepper saddle timber walnut basket hollow".Split(
            ' '
        );

    /// <summary>Each sentence is long enough to be a chunk of its own; so is each heading.</summary>
    public static Book Write(Random random, int chapters, int sentences, string format)
    {
        var text = string.Join(
            "\n\n",
            Enumerable
                .Range(0, chapters)
                .Select(_ =>
                    $"# The {Phrase(random, 4)}\n\n"
                    + string.Join(' ', Enumerable.Range(0, sentences).Select(_ => $"The {Phrase(random, 17)}."))
                )
        );
        return new Book(text, chapters, format);
    }

    private static string Phrase(Random random, int words) =>
        string.Join(' ', Enumerable.Range(0, words).Select(_ => Words[random.Next(Words.Length)]));
}
