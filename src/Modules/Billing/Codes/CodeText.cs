using System.Security.Cryptography;

namespace Lectern.Billing.Codes;

/// <summary>
/// How promotional codes are written. Case, dashes and spaces don't matter, since people type them off a page.
/// </summary>
internal static class CodeText
{
    /// <summary>Letters and digits of a code at least, if somebody chooses it.</summary>
    public const int Shortest = 6;

    /// <summary>Characters of a code at most.</summary>
    public const int Longest = 64;

    // Crockford's: without the letters that look like digits. 20 of 32 are 100 bits, which nobody guesses.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Random = 20;
    private const int Group = 5;

    /// <summary>A new code, in groups.</summary>
    public static string New() =>
        string.Join('-', RandomNumberGenerator.GetString(Alphabet, Random).Chunk(Group).Select(g => new string(g)));

    /// <summary>What two spellings of a code have in common; null when it can't be one.</summary>
    public static string? Normalize(string text)
    {
        if (text.Length > Longest)
            return null;
        var kept = text.Where(c => c is not ('-' or ' ')).Select(char.ToUpperInvariant).ToArray();
        return kept.Length >= Shortest && kept.All(char.IsAsciiLetterOrDigit) ? new string(kept) : null;
    }
}
