using Lectern.SharedKernel;

namespace Lectern.Billing;

/// <summary>How many credits a request asks to give.</summary>
internal static class PositiveCredits
{
    /// <summary>What is wrong with what isn't one.</summary>
    public const string Rule = "must be a number of credits above 0 with at most six decimals, in a string";

    /// <summary>Micro-credits; null when it can't be read or is nothing.</summary>
    public static long? Read(string? text) =>
        text is not null && Credits.TryParse(text, out var credits) && credits > 0 ? credits : null;
}
