using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.Contracts;

/// <summary>What other modules ask about API keys.</summary>
public static class ApiKeyReader
{
    /// <summary>A key of the session's workspace, revoked or not, by its public id; null when it has no such key.</summary>
    public static async Task<Guid?> FindAsync(Session session, string publicId, CancellationToken cancel)
    {
        if (!PublicId.TryParse(AccountIds.ApiKeyPrefix, publicId, out var key))
            return null;
        var found = await session.QueryAsync(
            "select id from accounts.api_keys where workspace_id = $1 and id = $2",
            row => row.GetGuid(0),
            cancel,
            session.Context.Workspace,
            key
        );
        return found.Count == 0 ? null : key;
    }
}
