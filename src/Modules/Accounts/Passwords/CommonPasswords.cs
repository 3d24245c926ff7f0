using System.Collections.Frozen;

namespace Lectern.Accounts.Passwords;

/// <summary>The passwords that everybody tries first, from the file beside this one, which names its source.</summary>
internal static class CommonPasswords
{
    private static readonly Lazy<FrozenSet<string>> List = new(Read);

    /// <summary>Whether it is one of them, in whatever case.</summary>
    public static bool Contains(string password) => List.Value.Contains(password);

    private static FrozenSet<string> Read()
    {
        using var stream = typeof(CommonPasswords).Assembly.GetManifestResourceStream("common-passwords.txt")!;
        using var reader = new StreamReader(stream);
        return reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("# ", StringComparison.Ordinal))
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }
}
