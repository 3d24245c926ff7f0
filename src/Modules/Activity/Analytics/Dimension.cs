using Lectern.SharedKernel;

namespace Lectern.Activity.Analytics;

/// <summary>By what figures can be told apart, as the table and requests name it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Prefix">Of the values' ids in the API; null when they are names themselves.</param>
/// <param name="ForAdmins">Whether only admins of the workspace, in person, are told: what else is theirs to see.</param>
internal sealed record Dimension(string Name, string? Prefix = null, bool ForAdmins = false)
{
    /// <summary>All there is, undivided.</summary>
    public static readonly Dimension All = new("all");

    /// <summary>By step and code of what failed; only what failed is counted.</summary>
    public static readonly Dimension Failure = new("failure");

    /// <summary>How the values are told that are none: no project, no session.</summary>
    public const string None = "none";

    /// <summary>How all values together are told that are not told each.</summary>
    public const string Others = "others";

    /// <summary>What a workspace's figures can be divided by.</summary>
    public static readonly IReadOnlyList<Dimension> OfWorkspace =
    [
        new("kind"),
        new("provider"),
        new("voice"),
        new("person", "person"),
        new("session", "session", ForAdmins: true),
        new("api_key", "apikey", ForAdmins: true),
        new("project", "project"),
    ];

    /// <summary>What the platform's can be divided by.</summary>
    public static readonly IReadOnlyList<Dimension> OfPlatform =
    [
        new("workspace", "workspace"),
        new("kind"),
        new("provider"),
        new("voice"),
    ];

    /// <summary>A stored value as it is told.</summary>
    public string Tell(string value) =>
        value.Length == 0 ? None
        : Prefix is not null && Guid.TryParse(value, out var id) ? PublicId.Format(Prefix, id)
        : value;

    /// <summary>A value as it is stored, of one that was told; null when it can be none of the dimension's.</summary>
    public string? Read(string told) =>
        told == None ? ""
        : Prefix is null ? told
        : PublicId.TryParse(Prefix, told, out var id) ? $"{id}"
        : null;
}
