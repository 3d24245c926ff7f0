namespace Lectern.Jobs.Manuscript;

/// <summary>
/// The English expansions. At each position the rules are tried in the order of <see cref="Rules"/> and the first that
/// matches takes its characters, so no rule sees what another has said. Each looks ahead a bounded distance: hostile text
/// costs no more than any other. What fits no rule safely is left to the engine.
/// </summary>
internal static partial class EnglishSpeech
{
    private delegate int Rule(string text, int at, out string spoken);

    private static readonly Rule[] Rules =
    [
        Currency,
        Date,
        Percent,
        Abbreviated,
        OrdinalNumber,
        Decade,
        Year,
        Number,
        Time,
        NumberRange,
        NumberedPart,
        Ampersand,
    ];

    /// <summary>Expands what begins at a position.</summary>
    /// <param name="text">A sentence, blanks as single spaces.</param>
    /// <param name="at">The start of a word, number or sign.</param>
    /// <param name="isHeadingStart">Whether a bare Roman numeral here is the number of a chapter.</param>
    /// <param name="length">How many characters are expanded.</param>
    /// <param name="spoken">What is said for them.</param>
    public static bool TryExpand(string text, int at, bool isHeadingStart, out int length, out string spoken)
    {
        if (isHeadingStart && HeadingNumeral(text, at, out spoken) is > 0 and var numeral)
        {
            length = numeral;
            return true;
        }
        if (char.IsAsciiDigit(text[at]) && !MayBeginNumber(text, at))
        {
            (length, spoken) = (0, "");
            return false;
        }
        foreach (var rule in Rules)
        {
            length = rule(text, at, out spoken);
            if (length > 0)
                return true;
        }
        (length, spoken) = (0, "");
        return false;
    }

    /// <summary>The end of something made of digits that no rule took: <c>1.2.3</c>, <c>3/4/2020</c>, <c>5kg</c>.</summary>
    public static int EndOfNumberLike(string text, int at)
    {
        while (
            at < text.Length
            && (
                char.IsLetterOrDigit(text[at])
                || (
                    text[at] is '.' or ',' or ':' or '/' or '-' or '–'
                    && at + 1 < text.Length
                    && char.IsAsciiDigit(text[at + 1])
                )
            )
        )
            at++;
        return at;
    }

    // Behind these signs digits are part of an address, a code or a formula.
    private static bool MayBeginNumber(string text, int at) =>
        at == 0 || !"/\\#@_=+~^.$£€¥".Contains(text[at - 1], StringComparison.Ordinal);

    private static bool EndsThere(string text, int end) =>
        end >= text.Length
        || !(
            char.IsLetterOrDigit(text[end])
            || text[end] is '_' or '@' or '%'
            || (text[end] is '/' or '\\' && end + 1 < text.Length && text[end + 1] != ' ')
        );

    private static bool IsDashAndDigit(string text, int at) =>
        at + 1 < text.Length && text[at] is '-' or '–' && char.IsAsciiDigit(text[at + 1]);

    private static bool IsColonAndDigit(string text, int at) =>
        at + 1 < text.Length && text[at] == ':' && char.IsAsciiDigit(text[at + 1]);

    private static bool HasDigit(string text, int at) => at < text.Length && char.IsAsciiDigit(text[at]);

    private static bool HasAt(string text, int at, string what) =>
        string.CompareOrdinal(text, at, what, 0, what.Length) == 0;

    /// <summary>Whether only closing signs follow, so that a period here also ends the sentence.</summary>
    private static bool IsSentenceEnd(string text, int at)
    {
        var limit = Math.Min(text.Length, at + 8);
        while (at < limit && text[at] is '"' or '\'' or '”' or '’' or ')' or ']')
            at++;
        return at >= text.Length;
    }

    /// <summary>The word right before a position, one blank between.</summary>
    private static ReadOnlySpan<char> WordBefore(string text, int at, out int start)
    {
        start = at;
        if (at < 2 || text[at - 1] != ' ')
            return default;
        start = at - 1;
        while (start > 0 && at - start < 20 && char.IsLetter(text[start - 1]))
            start--;
        return text.AsSpan(start, at - 1 - start);
    }

    private static ReadOnlySpan<char> WordAt(string text, int at)
    {
        var end = at;
        while (end < text.Length && end - at < 20 && char.IsLetter(text[end]))
            end++;
        return at >= text.Length ? default : text.AsSpan(at, end - at);
    }
}
