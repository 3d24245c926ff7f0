using System.Text.RegularExpressions;

namespace Lectern.Accounts.SignIn;

/// <summary>E-mail addresses by the definition that browsers use: ASCII only, so no two of them merely look alike.</summary>
internal static partial class EmailAddress
{
    // RFC 5321, section 4.5.3.1: a path has at most 256 octets, brackets included, and a local part 64.
    private const int MostCharacters = 254;
    private const int MostInLocalPart = 64;

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Fault(string email) =>
        email.Length > MostCharacters ? $"must have at most {MostCharacters} characters"
        : !Shape().IsMatch(email) || email.IndexOf('@', StringComparison.Ordinal) > MostInLocalPart
            ? "must be an e-mail address"
        : null;

    /// <summary>The spelling under which an address is unique: no provider tells case apart.</summary>
    public static string Normalize(string email) => email.ToLowerInvariant();

    // https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
    [GeneratedRegex(
        @"\A[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\z",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex Shape();
}
