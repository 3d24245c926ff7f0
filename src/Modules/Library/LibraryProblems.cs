using Lectern.SharedKernel;

namespace Lectern.Library;

/// <summary>The refusals of this module.</summary>
internal static class LibraryProblems
{
    /// <summary>409: enough projects.</summary>
    public static readonly ProblemType TooManyProjects = new(
        "library",
        "too-many-projects",
        409,
        "The workspace has as many projects as it may have.",
        "Delete one that isn't needed any more; its jobs stay. A workspace can have 10,000."
    );

    /// <summary>All of them, for docs/errors.md.</summary>
    public static IReadOnlyList<ProblemType> All { get; } = [TooManyProjects];
}
