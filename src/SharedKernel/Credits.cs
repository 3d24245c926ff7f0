using System.Globalization;

namespace Lectern.SharedKernel;

/// <summary>
/// Money. Inside the program it is a <c>long</c> of micro-credits; the API shows it in one form, a decimal number of
/// credits as a string (<c>"19.4"</c>), since a JSON number would be read as a binary fraction.
/// </summary>
public static class Credits
{
    /// <summary>Micro-credits in one credit.</summary>
    public const long Micro = 1_000_000;

    private const decimal Most = 1_000_000_000; // far below what a long of micro-credits holds

    /// <summary>Micro-credits as a decimal number of credits: no exponent, no trailing zeros.</summary>
    public static string Format(long microCredits) =>
        ((decimal)microCredits / Micro).ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Credits as micro-credits.</summary>
    /// <exception cref="OverflowException">It isn't a whole number of micro-credits, or too many.</exception>
    public static long FromDecimal(decimal credits) =>
        credits * Micro is var micro && micro == decimal.Truncate(micro)
            ? decimal.ToInt64(micro)
            : throw new OverflowException($"{credits} credits are not a whole number of micro-credits.");

    /// <summary>Reads credits as the API writes them: no sign, no exponent, at most six decimals, at most a billion.</summary>
    public static bool TryParse(string text, out long microCredits)
    {
        microCredits = 0;
        if (
            !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var credits)
            || credits is < 0 or > Most
            || credits * Micro % 1 != 0
        )
            return false;
        microCredits = decimal.ToInt64(credits * Micro);
        return true;
    }
}
