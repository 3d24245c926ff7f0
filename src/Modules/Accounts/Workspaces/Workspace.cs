using Lectern.Accounts.Contracts;

namespace Lectern.Accounts.Workspaces;

/// <summary>
/// What the stream of a shared workspace folds to. Nothing decides by it: the members, and whether the workspace still
/// lives, stand in tables, since they also change when a person's account goes.
/// </summary>
internal sealed record Workspace(Guid CreatedBy)
{
    public static readonly Workspace Initial = new(Guid.Empty);

    public static Workspace Evolve(Workspace state, object e) =>
        e is WorkspaceCreated created ? new Workspace(created.Person) : state;
}
