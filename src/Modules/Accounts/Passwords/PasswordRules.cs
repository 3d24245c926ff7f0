using System.Text;

namespace Lectern.Accounts.Passwords;

/// <summary>What a new password must be: length, and not one that everybody tries. No rules of composition (NIST 800-63B).</summary>
internal static class PasswordRules
{
    private const int LeastCharacters = 8;

    // A bound on the work of hashing; far beyond what anyone types, so that no passphrase is cut or refused.
    private const int MostBytes = 1024;

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Fault(string password) =>
        password.Contains('\0', StringComparison.Ordinal) ? "must not contain NUL characters"
        : Encoding.UTF8.GetByteCount(password) > MostBytes ? $"must have at most {MostBytes} bytes in UTF-8"
        : password.EnumerateRunes().Count() < LeastCharacters ? $"must have at least {LeastCharacters} characters"
        : CommonPasswords.Contains(password) ? "is one of the most common passwords; choose another"
        : null;
}
