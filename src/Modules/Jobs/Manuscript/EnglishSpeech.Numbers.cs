using System.Globalization;

namespace Lectern.Jobs.Manuscript;

/// <content>Numbers, money, percentages, years, decades, times and ranges.</content>
internal static partial class EnglishSpeech
{
    private static readonly string[] Scales = ["hundred", "thousand", "million", "billion", "trillion"];

    // $5, £3.50, $1.5 million, $3bn, €5–10. A sign in front only.
    private static int Currency(string text, int at, out string spoken)
    {
        spoken = "";
        var isNegative = text[at] is '-' or '−' && (at == 0 || text[at - 1] is ' ' or '(') && at + 1 < text.Length;
        var sign = isNegative ? at + 1 : at;
        if (CurrencyNames(text[sign]) is not var (one, many, cent, cents))
            return 0;
        if (
            (sign > 0 && char.IsLetterOrDigit(text[sign - 1])) || !WrittenNumber.TryRead(text, sign + 1, out var amount)
        )
            return 0;
        var end = amount.End;
        var said = amount.Say();
        if (IsDashAndDigit(text, end) || (IsDashAndSign(text, end) && HasDigit(text, end + 2)))
        {
            var second = text[end + 1] == text[sign] ? end + 2 : end + 1;
            if (
                !WrittenNumber.TryRead(text, second, out var upper)
                || upper.Fraction.Length > 0
                || amount.Fraction.Length > 0
            )
                return 0;
            (said, end) = ($"{said} to {upper.Say()}", upper.End);
        }

        var scale = ScaleAt(text, end, out var scaleEnd);
        if (scale.Length > 0)
            (spoken, end) = ($"{said} {scale} {many}", scaleEnd);
        else if (amount.Fraction.Length == 2 && cent.Length > 0)
            spoken = DollarsAndCents(amount, one, many, cent, cents);
        else
            spoken = $"{said} {(amount.Whole == 1 && end == amount.End && amount.Fraction.Length == 0 ? one : many)}";
        if (isNegative)
            spoken = "minus " + spoken;
        return EndsThere(text, end) && !IsDashAndDigit(text, end) ? end - at : 0;

        bool IsDashAndSign(string t, int i) => i + 1 < t.Length && t[i] is '-' or '–' && t[i + 1] == t[sign];
    }

    private static string DollarsAndCents(WrittenNumber amount, string one, string many, string cent, string cents)
    {
        var small = int.Parse(amount.Fraction, CultureInfo.InvariantCulture);
        var smallSaid = small == 0 ? "" : $"{EnglishNumber.Cardinal(small)} {(small == 1 ? cent : cents)}";
        if (amount.Whole == 0 && small > 0)
            return smallSaid;
        var said = $"{EnglishNumber.Cardinal(amount.Whole)} {(amount.Whole == 1 ? one : many)}";
        return small == 0 ? said : $"{said} and {smallSaid}";
    }

    private static (string One, string Many, string Cent, string Cents)? CurrencyNames(char sign) =>
        sign switch
        {
            '$' => ("dollar", "dollars", "cent", "cents"),
            '£' => ("pound", "pounds", "penny", "pence"),
            '€' => ("euro", "euros", "cent", "cents"),
            '¥' => ("yen", "yen", "", ""),
            _ => null,
        };

    private static string ScaleAt(string text, int at, out int end)
    {
        end = at;
        if (at < text.Length && text[at] == ' ')
        {
            var word = WordAt(text, at + 1);
            foreach (var scale in Scales)
                if (word.SequenceEqual(scale))
                {
                    end = at + 1 + scale.Length;
                    return scale;
                }
            return "";
        }
        var suffix = WordAt(text, at);
        end = at + suffix.Length;
        return suffix switch
        {
            "k" or "K" => "thousand",
            "m" or "M" => "million",
            "bn" or "B" => "billion",
            _ => "",
        };
    }

    // 5%, 0.5 %, 5–10%
    private static int Percent(string text, int at, out string spoken)
    {
        spoken = "";
        if (!WrittenNumber.TryRead(text, at, out var number))
            return 0;
        var (said, end) = (number.Say(), number.End);
        if (IsDashAndDigit(text, end) && WrittenNumber.TryRead(text, end + 1, out var upper))
            (said, end) = ($"{said} to {upper.Say()}", upper.End);
        if (HasAt(text, end, " %"))
            end++;
        spoken = said + " percent";
        return HasAt(text, end, "%") && EndsThere(text, end + 1) ? end + 1 - at : 0;
    }

    // 1st, 22nd, 1,000th; "11st" is no ordinal.
    private static int OrdinalNumber(string text, int at, out string spoken)
    {
        spoken = "";
        if (!WrittenNumber.TryRead(text, at, out var number) || number.Fraction.Length > 0)
            return 0;
        var suffix = WordAt(text, number.End);
        if (!suffix.Equals(OrdinalSuffix(number.Whole), StringComparison.OrdinalIgnoreCase))
            return 0;
        spoken = EnglishNumber.Ordinal(number.Whole);
        return EndsThere(text, number.End + 2) ? number.End + 2 - at : 0;
    }

    private static string OrdinalSuffix(long number) =>
        (number % 100 is >= 11 and <= 13 ? 0 : number % 10) switch
        {
            1 => "st",
            2 => "nd",
            3 => "rd",
            _ => "th",
        };

    // 1920s, 1920's, '20s
    private static int Decade(string text, int at, out string spoken)
    {
        spoken = "";
        var start = text[at] is '\'' or '’' or '‘' && (at == 0 || !char.IsLetterOrDigit(text[at - 1])) ? at + 1 : at;
        if (!WrittenNumber.TryRead(text, start, out var number) || number.Fraction.Length > 0)
            return 0;
        var end = number.End;
        if (end < text.Length && text[end] is '\'' or '’' && number.Digits.Length == 4)
            end++;
        var isDecade = number.Whole % 10 == 0 && number.Whole is >= 20 and <= 90 or >= 1100 and <= 2090;
        if (!isDecade || end - start > 5 || !HasAt(text, end, "s") || !EndsThere(text, end + 1))
            return 0;
        spoken = EnglishNumber.Decade((int)number.Whole);
        return end + 1 - at;
    }

    // Four digits from 1100 to 2099 are a year, unless they count something ("1500 soldiers") or number it ("page 1200").
    private static int Year(string text, int at, out string spoken)
    {
        spoken = "";
        if (!TryReadYear(text, at, out var year) || IsDashAndDigit(text, at + 4) || IsColonAndDigit(text, at + 4))
            return 0;
        if (IsCount(text, at + 4) || WordBefore(text, at, out _) is "page" or "number" or "room" or "No" or "line")
            return 0;
        spoken = EnglishNumber.Year(year);
        return 4;
    }

    private static bool TryReadYear(string text, int at, out int year)
    {
        year = 0;
        if (!WrittenNumber.TryRead(text, at, out var number) || number.End != at + 4 || number.Digits.Length != 4)
            return false;
        year = (int)number.Whole;
        return year is >= 1100 and <= 2099 && EndsThere(text, number.End);
    }

    private static bool IsCount(string text, int at)
    {
        if (at >= text.Length || text[at] != ' ')
            return false;
        var next = WordAt(text, at + 1);
        return next is "men" or "women" or "people" or "children" or "feet" or "per" or "or" or "of"
            || (
                next.Length > 3
                && char.IsLower(next[0])
                && next[^1] == 's'
                && next
                    is not ("this" or "thus" or "does" or "always" or "perhaps" or "towards" or "is" or "was" or "has")
                && !next.EndsWith("ss")
            );
    }

    // 42, 1,000,000, 3.14, −5, 007
    private static int Number(string text, int at, out string spoken)
    {
        spoken = "";
        var isNegative =
            text[at] == '−' || (text[at] == '-' && (at == 0 || text[at - 1] is ' ' or '(') && HasDigit(text, at + 1));
        if (!WrittenNumber.TryRead(text, isNegative ? at + 1 : at, out var number))
            return 0;
        var end = number.End;
        if (!EndsThere(text, end) || IsDashAndDigit(text, end) || IsColonAndDigit(text, end))
            return 0;
        spoken = (isNegative ? "minus " : "") + number.Say();
        return end - at;
    }

    // 10:30, 7:05 pm, 10am
    private static int Time(string text, int at, out string spoken)
    {
        spoken = "";
        if (!WrittenNumber.TryRead(text, at, out var hour) || hour.End - at > 2 || hour.Whole is < 1 or > 23)
            return 0;
        var end = hour.End;
        var said = EnglishNumber.Cardinal(hour.Whole);
        var hasMinutes = IsColonAndDigit(text, end);
        var minutes = 0L;
        if (hasMinutes)
        {
            if (!WrittenNumber.TryRead(text, end + 1, out var read) || read.End != end + 3 || read.Whole > 59)
                return 0;
            (minutes, end) = (read.Whole, read.End);
            if (minutes > 0)
                said += (minutes < 10 ? " oh " : " ") + EnglishNumber.Cardinal(minutes);
        }

        var half = HalfOfDay(text, end, out var halfEnd);
        if (half.Length > 0)
            (said, end) = ($"{said} {half}", halfEnd);
        else if (!hasMinutes)
            return 0;
        else if (minutes == 0)
            said += hour.Whole <= 12 ? " o'clock" : " hundred hours";
        spoken = said;
        return EndsThere(text, end) && !IsColonAndDigit(text, end) ? end - at : 0;
    }

    private static string HalfOfDay(string text, int at, out int end)
    {
        end = at;
        var start = at < text.Length && text[at] == ' ' ? at + 1 : at;
        foreach (
            var (written, half) in (ReadOnlySpan<(string, string)>)
                [
                    ("a.m.", "a.m."),
                    ("p.m.", "p.m."),
                    ("A.M.", "a.m."),
                    ("P.M.", "p.m."),
                    ("am", "a.m."),
                    ("pm", "p.m."),
                    ("AM", "a.m."),
                    ("PM", "p.m."),
                ]
        )
        {
            if (
                !HasAt(text, start, written)
                || !EndsThere(text, start + written.Length)
                || (start > at && written is "am")
            )
                continue;
            end = start + written.Length;
            // Without its own period the half of day must not swallow the sentence's.
            return half;
        }
        return "";
    }

    // 10–20, 5-7, 1914–1918, 1914–18; not 555-1234, 3-2 or 1-2-3.
    private static int NumberRange(string text, int at, out string spoken)
    {
        spoken = "";
        if (!WrittenNumber.TryRead(text, at, out var low) || !IsDashAndDigit(text, low.End))
            return 0;
        if (!WrittenNumber.TryRead(text, low.End + 1, out var high) || !EndsThere(text, high.End))
            return 0;
        if (IsDashAndDigit(text, high.End) || IsColonAndDigit(text, high.End) || low.Digits[0] == '0')
            return 0;
        var isYear = TryReadYear(text, at, out var from);
        if (isYear && high.Digits.Length == 2 && high.Whole > from % 100)
        {
            spoken = $"{EnglishNumber.Year(from)} to {EnglishNumber.Cardinal(high.Whole)}";
            return high.End - at;
        }
        var isRising = low.Whole < high.Whole && high.Digits.Length - low.Digits.Length <= 1;
        if (!isRising || (text[low.End] == '-' && low.Digits.Length > 2 && low.Digits.Length != high.Digits.Length))
            return 0;
        spoken =
            isYear && TryReadYear(text, low.End + 1, out var to)
                ? $"{EnglishNumber.Year(from)} to {EnglishNumber.Year(to)}"
                : $"{low.Say()} to {high.Say()}";
        return high.End - at;
    }
}
