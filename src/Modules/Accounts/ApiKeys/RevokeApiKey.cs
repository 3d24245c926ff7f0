using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.ApiKeys;

/// <summary>
/// <c>DELETE /workspaces/{id}/api-keys/{key}</c>: this host refuses the key from now on, others within a second. The row
/// stays, for what the key did must be explained.
/// </summary>
internal static class RevokeApiKeyEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/workspaces/{id}/api-keys/{key}", HandleAsync)
            .WithName("RevokeApiKey")
            .WithTags("api-keys")
            .WithSummary("Revoke an API key for good")
            .ForAdmins()
            .WithExample()
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        string key,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (
            !PublicId.TryParse(AccountIds.ApiKeyPrefix, key, out var named)
            || await ApiKeyView.FindAsync(store, caller, named, cancel) is not { } found
        )
            return ApiKeyView.NotFound.AsResult();
        if (found.RevokedAt is not null)
            return TypedResults.NoContent();

        await using var session = store.OpenWorkerSession(caller);
        session.Execute(
            "update accounts.api_keys set revoked_at = now() where workspace_id = $1 and id = $2 and revoked_at is null",
            caller.Workspace,
            named
        );
        SignInSessions.Revoke(session, named);
        AuditLog.Record(
            session,
            caller.Workspace,
            "api_keys.revoked",
            AccountIds.ApiKey(named),
            address: SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
