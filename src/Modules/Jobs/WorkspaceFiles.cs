namespace Lectern.Jobs;

/// <summary>Where a workspace's files are in the blob store: all of them, so that all can be found.</summary>
internal static class WorkspaceFiles
{
    /// <summary>The first parts of all keys, whatever the workspace.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["audio", "segments", "results"];

    /// <summary>The folders of one workspace.</summary>
    public static IEnumerable<string> Folders(Guid workspace) => Kinds.Select(kind => $"{kind}/{workspace:n}");
}
