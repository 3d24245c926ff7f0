namespace Lectern.Accounts.ApiKeys;

/// <summary>What people call their keys, API keys and provider keys alike.</summary>
internal static class KeyName
{
    private const int Longest = 100;

    /// <summary>What is wrong with a name, or null.</summary>
    public static string? Fault(string name) =>
        string.IsNullOrWhiteSpace(name) ? "must not be blank"
        : name.Length > Longest ? $"must have at most {Longest} characters"
        : name.Any(char.IsControl) ? "must not contain control characters"
        : null;
}
