using Lectern.Accounts.Contracts;

namespace Lectern.Accounts.Workspaces;

/// <summary>
/// What the stream of a shared workspace folds to. Its row is what writers of one workspace lock, so that they decide one
/// after the other. Who its members are stands in a table, for people come and go by more ways than this stream knows.
/// </summary>
internal sealed record Workspace(bool IsDeleted)
{
    public static readonly Workspace Initial = new(IsDeleted: false);

    public static Workspace Evolve(Workspace state, object e) =>
        e is WorkspaceDeleted ? state with { IsDeleted = true } : state;
}
