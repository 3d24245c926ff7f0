using System.Globalization;

namespace Lectern.Jobs.Manuscript;

/// <summary>English number words, for non-negative integers below a trillion.</summary>
internal static class EnglishNumber
{
    private static readonly string[] Small =
    [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];

    private static readonly string[] Tens =
    [
        "",
        "",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
    ];

    private static readonly (long Value, string Name)[] Scales =
    [
        (1_000_000_000, "billion"),
        (1_000_000, "million"),
        (1_000, "thousand"),
    ];

    /// <summary><c>1,234</c> → <c>one thousand two hundred thirty-four</c>.</summary>
    public static string Cardinal(long number)
    {
        if (number < 20)
            return Small[number];
        if (number < 100)
            return number % 10 == 0 ? Tens[number / 10] : $"{Tens[number / 10]}-{Small[number % 10]}";
        if (number < 1000)
            return Join($"{Small[number / 100]} hundred", number % 100);
        foreach (var (value, name) in Scales)
            if (number >= value)
                return Join($"{Cardinal(number / value)} {name}", number % value);
        throw new ArgumentOutOfRangeException(nameof(number));
    }

    /// <summary><c>21</c> → <c>twenty-first</c>.</summary>
    public static string Ordinal(long number)
    {
        var cardinal = Cardinal(number);
        var last = cardinal.AsSpan(cardinal.AsSpan().LastIndexOfAny(" -") + 1);
        var head = cardinal[..^last.Length];
        return last switch
        {
            "one" => head + "first",
            "two" => head + "second",
            "three" => head + "third",
            "five" => head + "fifth",
            "eight" => head + "eighth",
            "nine" => head + "ninth",
            "twelve" => head + "twelfth",
            _ when cardinal.EndsWith('y') => cardinal[..^1] + "ieth",
            _ => cardinal + "th",
        };
    }

    /// <summary>A year from 1000 to 2099 as it is said: <c>eighteen oh six</c>, <c>two thousand five</c>.</summary>
    public static string Year(int year)
    {
        var (century, rest) = (year / 100, year % 100);
        if (year % 1000 < 10)
            return Cardinal(year);
        return rest switch
        {
            0 => $"{Cardinal(century)} hundred",
            < 10 => $"{Cardinal(century)} oh {Cardinal(rest)}",
            _ => $"{Cardinal(century)} {Cardinal(rest)}",
        };
    }

    /// <summary>The years of a decade: <c>1920</c> → <c>nineteen twenties</c>, <c>1800</c> → <c>eighteen hundreds</c>.</summary>
    public static string Decade(int year)
    {
        var said = year < 100 ? Cardinal(year) : Year(year);
        return said.EndsWith('y') ? said[..^1] + "ies" : said + "s";
    }

    /// <summary>Digit by digit: <c>007</c> → <c>zero zero seven</c>.</summary>
    public static string Digits(ReadOnlySpan<char> digits)
    {
        var words = new List<string>(digits.Length);
        foreach (var digit in digits)
            words.Add(Small[digit - '0']);
        return string.Join(' ', words);
    }

    private static string Join(string head, long rest) =>
        rest == 0 ? head : string.Create(CultureInfo.InvariantCulture, $"{head} {Cardinal(rest)}");
}
