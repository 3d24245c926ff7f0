namespace Lectern.Accounts.People;

/// <summary>What people and workspaces may be called.</summary>
internal static class DisplayName
{
    private const int MostCharacters = 100;

    /// <summary>What is wrong with it, or null; a person may have none.</summary>
    public static string? Fault(string? name) =>
        name is null ? null
        : string.IsNullOrWhiteSpace(name) ? "must not be blank"
        : name.Length > MostCharacters ? $"must have at most {MostCharacters} characters"
        : name.Any(char.IsControl) ? "must not contain control characters"
        : null;
}
