using Lectern.Library.Contracts;

namespace Lectern.Library.Projects;

/// <summary>A project as its events tell it; its version is the stream's.</summary>
internal sealed record Project(bool Exists)
{
    public static readonly Project Initial = new(false);

    public static Project Evolve(Project project, object happened) =>
        happened switch
        {
            ProjectCreated => project with { Exists = true },
            ProjectDeleted => project with { Exists = false },
            _ => project,
        };
}
