using System.Text.RegularExpressions;

namespace Lectern.Providers.Local;

/// <summary>
/// A script without a language model: the sentences of the source that say the most, in their order, word for word, dealt
/// out to the speakers in turn. It writes nothing of its own and follows no instructions; its name and its titles say so.
/// A sentence counts for the words in it that the source repeats, and for being the first of its paragraph.
/// </summary>
public sealed partial class ExtractiveScriptWriter : IScriptWriter
{
    private const int ShortestContentWord = 4;
    private const int LongestTitle = 80;

    /// <inheritdoc />
    public string Name => "extractive";

    /// <inheritdoc />
    public EngineLimits Limits { get; } = new(Environment.ProcessorCount) { MaxCharacters = 500_000 };

    /// <inheritdoc />
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        Task.FromResult(
            new EngineInspection("extractive-1", null, [])
            {
                Models = [new EngineModel("extractive", "Sentences of the source, arranged, with no word added")],
            }
        );

    /// <inheritdoc />
    public Task<Script> WriteAsync(ScriptRequest request, CallContext context, CancellationToken cancel)
    {
        if (request.Source.Length > Limits.MaxCharacters)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The source has {request.Source.Length} characters; the limit is {Limits.MaxCharacters}."
            );
        var sentences = SourceSentences.Of(request.Source);
        if (sentences.Count == 0 || request.Speakers.Count == 0)
            throw new ProviderException(Name, ProviderFailure.BadInput, "There is no sentence, or nobody to speak it.");
        var chosen = Choose(sentences, request.Words);
        return Task.FromResult(new Script(Title(chosen[0].Text), Deal(chosen, request.Speakers)));
    }

    private static List<SourceSentence> Choose(IReadOnlyList<SourceSentence> sentences, int words)
    {
        var contents = sentences.Select(sentence => ContentWords(sentence.Text)).ToList();
        var frequency = contents
            .SelectMany(content => content)
            .CountBy(word => word, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        // The logarithm keeps a word that is everywhere from deciding alone; the root, long sentences from always winning.
        double Score(int i) =>
            contents[i].Distinct().Sum(word => Math.Log(frequency[word]))
            / Math.Sqrt(contents[i].Count + 1)
            * (sentences[i].Place == 0 ? 1.25 : 1);
        var ranking = Enumerable.Range(0, sentences.Count).OrderByDescending(Score).ThenBy(i => i);

        var (taken, count) = (new SortedSet<int>(), 0);
        foreach (var i in ranking)
        {
            var length = WordCount(sentences[i].Text);
            if (taken.Count > 0 && count + length > words)
                continue;
            taken.Add(i);
            count += length;
        }
        return [.. taken.Select(i => sentences[i])];
    }

    // Neighbors of one paragraph belong together; else the next speaker goes on.
    private static List<ScriptLine> Deal(List<SourceSentence> chosen, IReadOnlyList<ScriptSpeaker> speakers)
    {
        var lines = new List<ScriptLine>();
        for (var i = 0; i < chosen.Count; i++)
        {
            var goesOn =
                i > 0 && chosen[i].Paragraph == chosen[i - 1].Paragraph && chosen[i].Place == chosen[i - 1].Place + 1;
            if (goesOn && (speakers.Count == 1 || lines[^1].Text.Length < 400))
                lines[^1] = lines[^1] with { Text = lines[^1].Text + " " + chosen[i].Text };
            else
                lines.Add(new ScriptLine(speakers[lines.Count % speakers.Count].Name, chosen[i].Text));
        }
        return lines;
    }

    private static string Title(string sentence)
    {
        var cut = sentence.Length <= LongestTitle ? sentence.Length : sentence.LastIndexOf(' ', LongestTitle);
        var beginning = sentence[..(cut > 0 ? cut : LongestTitle)].TrimEnd();
        return "Extract: " + (beginning.Length < sentence.Length ? beginning + "\u2026" : beginning);
    }

    private static List<string> ContentWords(string sentence) =>
        [
            .. Word()
                .Matches(sentence)
                .Select(match => match.Value.ToLowerInvariant())
                .Where(word => word.Length >= ShortestContentWord),
        ];

    private static int WordCount(string sentence) => Word().Count(sentence);

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}']+")]
    private static partial Regex Word();
}
