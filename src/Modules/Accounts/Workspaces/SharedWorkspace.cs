using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.Workspaces;

/// <summary>The shared workspace of a session, locked: who decides about its members decides alone.</summary>
internal static class SharedWorkspace
{
    /// <summary>409 for a personal workspace, 404 for a deleted one.</summary>
    public static async Task<(StreamForWriting<Workspace>? Workspace, Problem? Refusal)> LockAsync(
        Session session,
        CancellationToken cancel
    ) =>
        await session.FetchForExclusiveWriting<Workspace>(session.Context.Workspace, cancel) switch
        {
            // Only shared workspaces have a stream.
            null => (null, AccountsProblems.PersonalWorkspace.With("This one is a person's own.")),
            { State.IsDeleted: true } => (null, WorkspaceOfToken.NotThere()),
            { } workspace => (workspace, null),
        };
}
