using System.Globalization;

namespace Lectern.Jobs.Manuscript;

/// <summary>Roman numerals up to 399, in capitals: as many as books have chapters.</summary>
internal static class Roman
{
    private static readonly Dictionary<string, int> Numerals = Enumerable
        .Range(1, 399)
        .ToDictionary(Write, n => n, StringComparer.Ordinal);

    /// <summary>The value of a numeral in its usual form; 0 for anything else, such as <c>IIII</c> or <c>iv</c>.</summary>
    public static int Read(ReadOnlySpan<char> text) =>
        Numerals.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var number) ? number : 0;

    private static string Write(int number)
    {
        string[] ones = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"];
        string[] tens = ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{new string('C', number / 100)}{tens[number / 10 % 10]}{ones[number % 10]}"
        );
    }
}
