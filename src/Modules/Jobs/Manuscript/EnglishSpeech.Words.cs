using System.Globalization;

namespace Lectern.Jobs.Manuscript;

/// <content>Dates, abbreviations, numbered parts of a book, and the ampersand.</content>
internal static partial class EnglishSpeech
{
    private static readonly string[] Months =
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];

    // March 1, 1760 · Sept. 6 · July, 1803 · 1 March 1760 · 2024-03-15. Not 3/4/2020, which is March or April.
    private static int Date(string text, int at, out string spoken)
    {
        spoken = "";
        if (char.IsAsciiDigit(text[at]))
            return IsoDate(text, at, out spoken) is > 0 and var iso ? iso : DayFirstDate(text, at, out spoken);
        var month = MonthAt(text, at, out var end);
        if (month == 0)
            return 0;
        var comma = HasAt(text, end, ", ");
        if (TryReadDay(text, end + 1, out var day, out var dayEnd) && text[end] == ' ')
        {
            spoken = $"{Months[month - 1]} {EnglishNumber.Ordinal(day)}";
            end = dayEnd;
            var yearAt = HasAt(text, end, ", ") ? end + 2 : end + 1;
            if (yearAt < text.Length && text[yearAt - 1] == ' ' && TryReadYear(text, yearAt, out var year))
                (spoken, end) = ($"{spoken}, {EnglishNumber.Year(year)}", yearAt + 4);
            return end - at;
        }
        var bareYear = comma ? end + 2 : end + 1;
        if (bareYear >= text.Length || text[bareYear - 1] != ' ' || !TryReadYear(text, bareYear, out var only))
            return 0;
        spoken = $"{Months[month - 1]}{(comma ? "," : "")} {EnglishNumber.Year(only)}";
        return IsDashAndDigit(text, bareYear + 4) ? 0 : bareYear + 4 - at;
    }

    private static int IsoDate(string text, int at, out string spoken)
    {
        spoken = "";
        if (
            at + 10 > text.Length
            || !DateOnly.TryParseExact(
                text.AsSpan(at, 10),
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var date
            )
            || date.Year is < 1100 or > 2099
            || !EndsThere(text, at + 10)
            || IsDashAndDigit(text, at + 10)
        )
            return 0;
        spoken = $"{Months[date.Month - 1]} {EnglishNumber.Ordinal(date.Day)}, {EnglishNumber.Year(date.Year)}";
        return 10;
    }

    private static int DayFirstDate(string text, int at, out string spoken)
    {
        spoken = "";
        if (!TryReadDay(text, at, out var day, out var end) || char.IsLetter(text[end - 1]) || !HasAt(text, end, " "))
            return 0;
        var month = MonthAt(text, end + 1, out end);
        if (month == 0)
            return 0;
        var article = WordBefore(text, at, out _) is "the" or "The" ? "" : "the ";
        spoken = $"{article}{EnglishNumber.Ordinal(day)} of {Months[month - 1]}";
        var yearAt = HasAt(text, end, ", ") ? end + 2 : end + 1;
        if (yearAt < text.Length && text[yearAt - 1] == ' ' && TryReadYear(text, yearAt, out var year))
            (spoken, end) = ($"{spoken}, {EnglishNumber.Year(year)}", yearAt + 4);
        return end - at;
    }

    // 1 … 31, with or without its ordinal ending.
    private static bool TryReadDay(string text, int at, out int day, out int end)
    {
        (day, end) = (0, at);
        if (!WrittenNumber.TryRead(text, at, out var number) || number.Digits.Length > 2 || number.Fraction.Length > 0)
            return false;
        day = (int)number.Whole;
        end = number.End;
        if (WordAt(text, end).SequenceEqual(OrdinalSuffix(day)))
            end += 2;
        return day is >= 1 and <= 31
            && EndsThere(text, end)
            && !IsDashAndDigit(text, end)
            && !IsColonAndDigit(text, end);
    }

    // The month's number, 0 for none; the position behind its name or its abbreviation's period.
    private static int MonthAt(string text, int at, out int end)
    {
        var word = WordAt(text, at);
        end = at + word.Length;
        if (word.Length is < 3 or > 9)
            return 0;
        for (var i = 0; i < Months.Length; i++)
        {
            if (word.SequenceEqual(Months[i]))
                return i + 1;
            if (
                word.Length > 4
                || !Months[i].AsSpan().StartsWith(word)
                || (word.Length == 4 && i != 8)
                || !HasAt(text, end, ".")
            )
                continue;
            end++;
            return i + 1;
        }
        return 0;
    }

    // Mr. Bennet, e.g., No. 5, etc. The sentence's own period stays.
    private static int Abbreviated(string text, int at, out string spoken)
    {
        spoken = "";
        if (!char.IsLetter(text[at]) && text[at] != '&')
            return 0;
        var limit = Math.Min(text.Length, at + Abbreviations.MaxLength + 1);
        var dot = -1;
        Abbreviation? found = null;
        for (var i = at + 1; i < limit && (char.IsLetter(text[i]) || text[i] == '.'); i++)
            if (text[i] == '.' && Abbreviations.Find(text.AsSpan(at, i - at)) is { } known)
                (found, dot) = (known, i);
        if (found is null)
            return 0;

        var isSpaced = dot + 2 < text.Length && text[dot + 1] == ' ';
        var isBeforeName = isSpaced && char.IsUpper(text[dot + 2]);
        var word = text.AsSpan(at, dot - at);
        var said =
            word is "St" ? Saint(text, at, isBeforeName, isSpaced || IsSentenceEnd(text, dot + 1))
            : word is "Dr" or "Mt" && IsNameBefore(text, at) ? null
            : found.Use switch
            {
                AbbreviationUse.Title => isBeforeName || (isSpaced && word is "Mr" or "Mrs") ? found.Spoken : null,
                AbbreviationUse.BeforeNumber => isSpaced && char.IsAsciiDigit(text[dot + 2]) ? found.Spoken : null,
                _ => found.Spoken,
            };
        if (said is null)
            return 0;
        spoken = said;
        return IsSentenceEnd(text, dot + 1) ? dot - at : dot + 1 - at;
    }

    // "St. James" and "Bond St. was" are clear; "Milsom St. James" could be either and is left alone.
    private static string? Saint(string text, int at, bool isBeforeName, bool standsAlone)
    {
        if (isBeforeName)
            return IsNameBefore(text, at) ? null : "Saint";
        var word = WordBefore(text, at, out _);
        return standsAlone && word.Length > 0 && char.IsUpper(word[0]) ? "Street" : null;
    }

    // A capital that does not begin the sentence.
    private static bool IsNameBefore(string text, int at)
    {
        var word = WordBefore(text, at, out var start);
        return word.Length > 0 && char.IsUpper(word[0]) && start > 0 && text[start - 1] == ' ';
    }

    // Chapter IV, Act II; a lone I only where it can't be the pronoun.
    private static int NumberedPart(string text, int at, out string spoken)
    {
        spoken = "";
        if (!char.IsUpper(text[at]))
            return 0;
        var word = WordAt(text, at);
        if (!HeadingLine.IsDivision(word) || !HasAt(text, at + word.Length, " "))
            return 0;
        var numeral = WordAt(text, at + word.Length + 1);
        var end = at + word.Length + 1 + numeral.Length;
        var number = Roman.Read(numeral);
        if (number == 0 || !EndsThere(text, end) || (numeral.Length == 1 && HasAt(text, end, " ")))
            return 0;
        spoken = $"{word} {EnglishNumber.Cardinal(number)}";
        return end - at;
    }

    private static int HeadingNumeral(string text, int at, out string spoken)
    {
        spoken = "";
        var numeral = WordAt(text, at);
        var end = at + numeral.Length;
        var number = Roman.Read(numeral);
        if (number == 0 || (end < text.Length && text[end] is not ('.' or ')' or ':')))
            return 0;
        spoken = EnglishNumber.Cardinal(number);
        return end - at;
    }

    // Smith & Co., but AT&T is spelled out by the engine.
    private static int Ampersand(string text, int at, out string spoken)
    {
        spoken = "and";
        return text[at] == '&' && at > 0 && text[at - 1] == ' ' && HasAt(text, at + 1, " ") ? 1 : 0;
    }
}
