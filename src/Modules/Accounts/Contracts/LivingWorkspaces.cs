using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.Contracts;

/// <summary>Which workspaces there are, for what names one from outside: administration, a payment.</summary>
public static class LivingWorkspaces
{
    /// <summary>The workspace with this public id; null when there is none or it was deleted.</summary>
    /// <param name="session">A worker session, since it may be any workspace.</param>
    /// <param name="publicId">As somebody wrote it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Guid?> FindAsync(Session session, string? publicId, CancellationToken cancel)
    {
        if (!PublicId.TryParse(AccountIds.WorkspacePrefix, publicId, out var id))
            return null;
        var found = await session.QueryAsync(
            "select id from accounts.workspaces where id = $1 and deleted_at is null",
            row => row.GetGuid(0),
            cancel,
            id
        );
        return found.Count == 0 ? null : id;
    }
}
