using System.Globalization;

namespace Lectern.Accounts.ApiKeys;

/// <summary>
/// What a key may spend in all, in micro-credits. The API writes it as it writes all money: credits as a decimal number
/// in a string. Billing, which counts what is spent, is handed the number with the key.
/// </summary>
internal static class CreditCap
{
    private const decimal Micro = 1_000_000;
    private const decimal Most = 1_000_000_000; // credits; far below what a long of micro-credits holds

    public static string Format(long microCredits) =>
        (microCredits / Micro).ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Reads credits; no sign, no exponent, at most six decimals.</summary>
    public static bool TryParse(string text, out long microCredits)
    {
        microCredits = 0;
        if (
            !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var credits)
            || credits > Most
            || credits * Micro != decimal.Truncate(credits * Micro)
        )
            return false;
        microCredits = decimal.ToInt64(credits * Micro);
        return true;
    }
}
