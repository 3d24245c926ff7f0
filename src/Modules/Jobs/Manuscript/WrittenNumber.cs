using System.Globalization;

namespace Lectern.Jobs.Manuscript;

/// <summary>A number as it is written in an English text: digits, groups of three, a decimal fraction.</summary>
/// <param name="End">The position behind it.</param>
/// <param name="Whole">Its integer part, below a trillion.</param>
/// <param name="Digits">The digits of its integer part, without group commas.</param>
/// <param name="Fraction">The digits behind the decimal point; empty when there are none.</param>
internal readonly record struct WrittenNumber(int End, long Whole, string Digits, string Fraction)
{
    private const int MostDigits = 12;

    /// <summary>
    /// Reads a number. What only looks like one is refused, and read by the engine as it stands: <c>1,23</c>,
    /// <c>1,000,50</c>, <c>1.2.3</c>, and integers of a trillion and more.
    /// </summary>
    public static bool TryRead(string text, int at, out WrittenNumber number)
    {
        number = default;
        var end = EndOfDigits(text, at);
        if (end == at || end - at > MostDigits)
            return false;
        if (end - at <= 3 && text[at] != '0')
            while (end + 3 < text.Length && text[end] == ',' && EndOfDigits(text, end + 1) == end + 4)
                end += 4;
        if (IsFollowedByDigit(text, end, ','))
            return false;
        var digits = text[at..end].Replace(",", "", StringComparison.Ordinal);
        if (digits.Length > MostDigits)
            return false;

        var fraction = "";
        if (IsFollowedByDigit(text, end, '.'))
        {
            var start = end + 1;
            end = EndOfDigits(text, start);
            if (end - start > MostDigits || IsFollowedByDigit(text, end, '.'))
                return false;
            fraction = text[start..end];
        }
        number = new WrittenNumber(end, long.Parse(digits, CultureInfo.InvariantCulture), digits, fraction);
        return true;
    }

    /// <summary>As it is said, with its fraction digit by digit.</summary>
    public string Say()
    {
        if (Digits.Length > 1 && Digits[0] == '0' && Fraction.Length == 0)
            return EnglishNumber.Digits(Digits);
        var whole = EnglishNumber.Cardinal(Whole);
        return Fraction.Length == 0 ? whole : $"{whole} point {EnglishNumber.Digits(Fraction)}";
    }

    private static bool IsFollowedByDigit(string text, int at, char sign) =>
        at + 1 < text.Length && text[at] == sign && char.IsAsciiDigit(text[at + 1]);

    private static int EndOfDigits(string text, int at)
    {
        // One more than any number has: a row of 100,000 digits is not walked again for each rule.
        var limit = Math.Min(text.Length, at + MostDigits + 2);
        while (at < limit && char.IsAsciiDigit(text[at]))
            at++;
        return at;
    }
}
