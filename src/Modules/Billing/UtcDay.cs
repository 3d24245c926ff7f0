using System.Globalization;

namespace Lectern.Billing;

/// <summary>How requests write days, which are UTC.</summary>
internal static class UtcDay
{
    /// <summary>What is wrong with what isn't one.</summary>
    public const string Rule = "must be a day such as 2026-10-07";

    public static bool TryRead(string text, out DateOnly day) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
}
