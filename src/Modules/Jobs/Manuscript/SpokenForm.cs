using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Turns written text into what the engine is to say, at the edge: the source is never changed, and the map leads back to
/// it. English is expanded (numbers, money, dates, abbreviations) and typographic signs become plain ones; other
/// languages are passed on as they are, since their rules are not known here and a wrong expansion is worse than none.
/// </summary>
internal static class SpokenForm
{
    /// <summary>No expansion is longer than this, in UTF-16 code units, so none has to be cut to fit an engine.</summary>
    public const int LongestExpansion = 200;

    private const string ClosingSigns = "\"'”’»)]}.,;:!?";

    /// <summary>The spoken form of a sentence or a heading. Linear in its length.</summary>
    /// <param name="text">Clean text: no markup, blanks are single spaces.</param>
    /// <param name="language">A BCP 47 tag; English is <c>en</c> and all that begins with <c>en-</c>.</param>
    /// <param name="isHeading">Headings may begin with a bare Roman numeral.</param>
    /// <param name="respellings">What the lexicons say of this text, in its order: it goes before the rules.</param>
    public static SpokenText Of(
        string text,
        string language,
        bool isHeading = false,
        IReadOnlyList<Respelling>? respellings = null
    )
    {
        var spoken = new SpokenBuilder();
        var isEnglish = IsEnglish(language);
        var (at, next) = (0, 0);
        respellings ??= [];
        while (at < text.Length)
        {
            while (next < respellings.Count && respellings[next].Start < at)
                next++; // it is inside of an expansion: "St." was read as Saint before anybody asked about "St"
            var stop = next < respellings.Count ? respellings[next].Start : text.Length;
            if (stop == at)
            {
                spoken.Add(respellings[next].Spoken, new TextSpan(at, respellings[next].Length));
                at += respellings[next].Length;
            }
            else if (isEnglish)
            {
                at += Speak(text, at, isHeading && at == 0, spoken);
            }
            else
            {
                spoken.Add(text.AsSpan(at, stop - at), TextSpan.FromTo(at, stop));
                at = stop;
            }
        }
        return spoken.Build();
    }

    /// <summary>Whether the English rules apply.</summary>
    public static bool IsEnglish(string language) =>
        language.Equals("en", StringComparison.OrdinalIgnoreCase)
        || language.StartsWith("en-", StringComparison.OrdinalIgnoreCase);

    // Says what begins at a position and returns how much of the text that was.
    private static int Speak(string text, int at, bool isHeadingStart, SpokenBuilder spoken)
    {
        var c = text[at];
        if (
            EnglishSpeech.TryExpand(text, at, isHeadingStart, out var length, out var expansion)
            && expansion.Length <= LongestExpansion
        )
        {
            spoken.Add(expansion, new TextSpan(at, length));
            return length;
        }
        if (char.IsAsciiDigit(c))
            return Verbatim(text, at, EnglishSpeech.EndOfNumberLike(text, at), spoken);
        if (char.IsLetter(c))
        {
            var end = at + 1;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
                end++;
            return Verbatim(text, at, end, spoken);
        }
        if (IsDash(text, at))
            return Dash(text, at, spoken);
        if (c is '.' or '…')
            return Dots(text, at, spoken);
        spoken.Add([Plain(c)], new TextSpan(at, 1));
        return 1;
    }

    private static int Verbatim(string text, int at, int end, SpokenBuilder spoken)
    {
        spoken.Add(text.AsSpan(at, end - at), TextSpan.FromTo(at, end));
        return end - at;
    }

    private static char Plain(char c) =>
        c switch
        {
            '“' or '”' or '„' or '«' or '»' => '"',
            '‘' or '’' or '‚' or '‛' => '\'',
            '‐' or '‑' => '-',
            _ => c,
        };

    // A dash between words is a breath, and engines take a comma for one; beside other punctuation it adds nothing.
    private static int Dash(string text, int at, SpokenBuilder spoken)
    {
        var end = text[at] == ' ' ? at + 1 : at;
        while (end < text.Length && text[end] is '—' or '–' or '-')
            end++;
        if (end < text.Length && text[end] == ' ')
            end++;
        if (end - at == 1 && text[at] == '–' && at > 0)
        {
            spoken.Add("-", new TextSpan(at, 1)); // Paris–Dover
            return 1;
        }
        var previous = at > 0 ? text[at - 1] : ' ';
        var isAfterWord =
            char.IsLetterOrDigit(previous)
            || previous is ')'
            || (previous is '"' or '”' && at > 1 && text[at - 2] != ' ');
        var isBeforeWord = end < text.Length && !ClosingSigns.Contains(text[end], StringComparison.Ordinal);
        // A straight quote right behind a dash closes what was broken off: "I hope--"
        var sign =
            isAfterWord ? (isBeforeWord ? ", " : ",")
            : isBeforeWord && ClosingSigns.Contains(previous, StringComparison.Ordinal) ? " "
            : "";
        spoken.Add(sign, TextSpan.FromTo(at, end));
        return end - at;
    }

    private static bool IsDash(string text, int at)
    {
        if (at >= text.Length)
            return false;
        if (text[at] == ' ')
            return at + 2 < text.Length
                && text[at + 1] is '-' or '—' or '–'
                && (text[at + 2] == ' ' || IsDash(text, at + 1));
        return text[at] is '—' or '–' || (text[at] == '-' && at + 1 < text.Length && text[at + 1] == '-');
    }

    // Any row of dots, spaced or not, is one pause.
    private static int Dots(string text, int at, SpokenBuilder spoken)
    {
        var end = at;
        var count = 0;
        while (end < text.Length && text[end] is '.' or '…')
        {
            count += text[end] == '…' ? 3 : 1;
            end++;
            if (end + 1 < text.Length && text[end] == ' ' && text[end + 1] is '.' or '…')
                end++;
        }
        spoken.Add(count > 2 ? "..." : text.AsSpan(at, end - at), TextSpan.FromTo(at, end));
        return end - at;
    }
}
