namespace Lectern.Accounts.Profile;

/// <summary>What people may be called.</summary>
internal static class PersonName
{
    private const int Longest = 100;

    /// <summary>What is wrong with it, or null; to have none is fine.</summary>
    public static string? Fault(string? name) =>
        name is null ? null
        : string.IsNullOrWhiteSpace(name) ? "must not be blank; leave it out instead"
        : name.Length > Longest ? $"must have at most {Longest} characters"
        : name.Any(char.IsControl) ? "must not contain control characters"
        : null;
}
