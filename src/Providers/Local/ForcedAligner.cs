using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>When a word of a known text is heard.</summary>
/// <param name="Word">The word as it is written, and when it is heard.</param>
/// <param name="At">Where it begins in the text.</param>
/// <param name="IsKnown">
/// Whether the dictionary has it. The time of a word that it doesn't have is what its neighbors leave: roughly right.
/// </param>
public sealed record AlignedWord(TimedWord Word, int At, bool IsKnown);

/// <summary>
/// Finds out when each word of a known English text is spoken, for captions: pocketsphinx is told that nothing else can
/// have been said. A word that is not in its dictionary may be any sounds at all.
/// </summary>
public sealed class ForcedAligner(LocalEngineOptions options, Ffmpeg ffmpeg)
{
    /// <summary>The longest recording; the search needs the square of it.</summary>
    public const int MaxSeconds = 120;

    private const int MaxWords = 500;

    // The phones of its dictionary.
    private static readonly string[] Phones =
    [
        .. (string[])["AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH"],
        .. (string[])["IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW"],
        .. (string[])["V", "W", "Y", "Z", "ZH"],
    ];

    private readonly Pocketsphinx _program = new(options, ffmpeg);

    /// <summary>Why it can't be used, and what would help; null when it can.</summary>
    public Task<string?> FindOutWhatIsMissingAsync(CancellationToken cancel) =>
        _program.FindOutWhatIsMissingAsync(cancel);

    /// <summary>The words of the text in order, each with its time.</summary>
    /// <param name="audio">At most <see cref="MaxSeconds"/> long.</param>
    /// <param name="text">What is said in it, with numbers and abbreviations spelled out where that matters.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <exception cref="ProviderException">
    /// The recording is too long, the program failed, or this is not what is said in it.
    /// </exception>
    public async Task<IReadOnlyList<AlignedWord>> AlignAsync(Pcm audio, string text, CancellationToken cancel)
    {
        var words = WordsOf(text);
        if (words.Count == 0)
            return [];
        if (words.Count > MaxWords || audio.Duration.TotalSeconds > MaxSeconds)
            throw new ProviderException(
                Pocketsphinx.Name,
                ProviderFailure.BadInput,
                $"It aligns at most {MaxWords} words and {MaxSeconds} s at a time."
            );

        using var folder = new PrivateDirectory();
        var known = Pronounce([.. words.SelectMany(word => word.Parts)]);
        var (grammar, dictionary) = Write(words, known);
        await File.WriteAllTextAsync(folder.File("text.gram"), grammar, cancel);
        await File.WriteAllTextAsync(folder.File("text.dict"), dictionary, cancel);
        var samples = await _program.ResampleAsync(audio, cancel);
        string[] language = ["-jsgf", folder.File("text.gram"), "-dict", folder.File("text.dict")];
        var heard = await _program.ListenAsync(folder, [samples], language, options.Timeout + audio.Duration, cancel);
        return Collect(words, known, heard[0]);
    }

    private static List<AlignedWord> Collect(
        List<Word> words,
        Dictionary<string, List<string>> known,
        IReadOnlyList<TimedWord> heard
    )
    {
        var aligned = new List<AlignedWord>(words.Count);
        var next = 0;
        for (var i = 0; i < words.Count; i++)
        {
            // "w12" is the twelfth word, "w12p0" its first part, "w12u0aa" a sound of an unknown one.
            var first = next;
            while (next < heard.Count && IndexOf(heard[next].Text) == i)
                next++;
            if (first == next)
                throw new ProviderException(
                    Pocketsphinx.Name,
                    ProviderFailure.BadAnswer,
                    "The text could not be found in the recording."
                );
            var said = new TimedWord(words[i].Text, heard[first].Start, heard[next - 1].End);
            aligned.Add(new AlignedWord(said, words[i].At, words[i].Parts.All(known.ContainsKey)));
        }
        return aligned;
    }

    private static int IndexOf(string token)
    {
        var digits = token.AsSpan(1);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.Parse(end < 0 ? digits : digits[..end], CultureInfo.InvariantCulture);
    }

    // Every word has a name of its own, so that what is heard can be told apart without comparing spellings.
    private static (string Grammar, string Dictionary) Write(List<Word> words, Dictionary<string, List<string>> known)
    {
        var (rules, line, dictionary) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        for (var i = 0; i < words.Count; i++)
        for (var part = 0; part < words[i].Parts.Count; part++)
        {
            if (known.GetValueOrDefault(words[i].Parts[part]) is { } pronunciations)
            {
                var name = $"w{i}p{part}";
                line.Append(' ').Append(name);
                for (var variant = 0; variant < pronunciations.Count; variant++)
                    dictionary
                        .Append(name)
                        .Append(variant == 0 ? "" : $"({variant + 1})")
                        .Append(' ')
                        .Append(pronunciations[variant])
                        .Append('\n');
                continue;
            }
            var sounds = Phones
                .Select(phone => (Name: $"w{i}u{part}{phone.ToLowerInvariant()}", Phone: phone))
                .ToList();
            foreach (var (name, phone) in sounds)
                dictionary.Append(name).Append(' ').Append(phone).Append('\n');
            rules.Append($"<u{i}p{part}> = ").AppendJoin(" | ", sounds.Select(sound => sound.Name)).Append(";\n");
            line.Append($" <u{i}p{part}>+");
        }
        return ($"#JSGF V1.0;\ngrammar text;\n{rules}public <text> ={line};\n", dictionary.ToString());
    }

    // The dictionary is read anew each time: 3 MB in some 20 ms, instead of 30 MB of memory for good.
    private Dictionary<string, List<string>> Pronounce(HashSet<string> wanted)
    {
        var found = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(_program.Dictionary))
        {
            var space = line.IndexOf(' ');
            if (space < 1)
                continue;
            var variant = line.AsSpan(0, space).IndexOf('('); // "and(2) AE N D"
            var word = line[..(variant > 0 ? variant : space)];
            if (!wanted.Contains(word))
                continue;
            if (!found.TryGetValue(word, out var pronunciations))
                found[word] = pronunciations = [];
            pronunciations.Add(line[(space + 1)..].Trim());
        }
        return found;
    }

    private static List<Word> WordsOf(string text)
    {
        var words = new List<Word>();
        var at = 0;
        while (at < text.Length)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            var start = at;
            while (at < text.Length && !char.IsWhiteSpace(text[at]))
                at++;
            var written = text[start..at];
            // A hyphen or a dash is between words that the dictionary has one by one.
            var parts = written
                .ToLowerInvariant()
                .Replace('\u2019', '\'')
                .Split((char[])['-', '\u2013', '\u2014', '/'])
                .Select(part => part.Trim().Trim([.. part.Where(c => !char.IsLetterOrDigit(c))]))
                .Where(part => part.Length > 0)
                .ToList();
            if (parts.Count > 0)
                words.Add(new Word(written, start, parts));
        }
        return words;
    }

    private sealed record Word(string Text, int At, IReadOnlyList<string> Parts);
}
