using System.Text.RegularExpressions;

namespace Lectern.Providers.Local;

/// <summary>A sentence of a source, as it is written there.</summary>
/// <param name="Text">Its characters, with the spaces between them made one.</param>
/// <param name="Paragraph">Which paragraph it is in.</param>
/// <param name="Place">Which sentence of its paragraph it is.</param>
internal sealed record SourceSentence(string Text, int Paragraph, int Place);

/// <summary>Cuts a source into sentences, well enough to choose among them.</summary>
internal static partial class SourceSentences
{
    public static IReadOnlyList<SourceSentence> Of(string source)
    {
        var sentences = new List<SourceSentence>();
        var paragraphs = BlankLine().Split(source.ReplaceLineEndings("\n"));
        for (var paragraph = 0; paragraph < paragraphs.Length; paragraph++)
        {
            var text = Space().Replace(paragraphs[paragraph], " ").Trim();
            if (text.Length == 0 || text[0] == '#') // a heading of Markdown is no sentence
                continue;
            var (start, place) = (0, 0);
            foreach (Match end in End().Matches(text))
            {
                if (Abbreviation().IsMatch(text.AsSpan(start, end.Index + 1 - start)))
                    continue;
                sentences.Add(new SourceSentence(text[start..(end.Index + end.Length)].Trim(), paragraph, place++));
                start = end.Index + end.Length;
            }
            if (text[start..].Trim() is { Length: > 0 } rest)
                sentences.Add(new SourceSentence(rest, paragraph, place));
        }
        return sentences;
    }

    [GeneratedRegex(@"\n\s*\n")]
    private static partial Regex BlankLine();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    // The signs of a sentence's end with what closes after them; other scripts' need no space.
    [GeneratedRegex(
        @"[.!?\u2026]+[\u0022'\u201D\u2019\u00BB)\]]*(?= |$)|[\u3002\uFF01\uFF1F\u0964]+[\u300D\u300F\u201D]*"
    )]
    private static partial Regex End();

    // "Mr.", "e.g.", an initial: no sentence ends there.
    [GeneratedRegex(@"(?:^|[\s(\u201C\u0022'])(?:Mr|Mrs|Ms|Dr|Prof|St|Mt|No|vs|etc|Fig|Vol|e\.g|i\.e|cf|[A-Z])\.$")]
    private static partial Regex Abbreviation();
}
