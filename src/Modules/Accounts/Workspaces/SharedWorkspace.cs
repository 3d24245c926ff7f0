using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.Workspaces;

/// <summary>The shared workspace of a session, locked: who decides about its members decides alone.</summary>
internal static class SharedWorkspace
{
    /// <summary>409 for a personal workspace, 404 for a deleted one.</summary>
    /// <param name="session">A worker session; its transaction is open from now on.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<(StreamForWriting<Workspace>? Workspace, Problem? Refusal)> LockAsync(
        Session session,
        CancellationToken cancel
    )
    {
        var workspace = await session.FetchForExclusiveWriting<Workspace>(session.Context.Workspace, cancel);
        if (workspace is null) // only shared workspaces have a stream
            return (null, AccountsProblems.PersonalWorkspace.With("This one is a person's own."));
        // The row, too, and before any member's: that is what everything else locks that changes members.
        var living = await session.QueryAsync(
            "select 1 from accounts.workspaces where id = $1 and deleted_at is null for no key update",
            _ => 1,
            cancel,
            workspace.Id
        );
        return living is [] ? (null, WorkspaceOfToken.NotThere()) : (workspace, null);
    }
}
