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

namespace Lectern.Accounts.Vault;

/// <summary>
/// <c>DELETE /workspaces/{id}/provider-keys/{key}</c>. With the workspace's last secret its data key goes, and then nothing
/// that was ever sealed with it can be opened, wherever a copy of it lies.
/// </summary>
internal static class DeleteProviderKeyEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/workspaces/{id}/provider-keys/{key}", HandleAsync)
            .WithName("DeleteProviderKey")
            .WithTags("provider-keys")
            .WithSummary("Delete a provider key from the vault")
            .ForAdmins()
            .WithExample()
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        string key,
        Caller caller,
        EventStore store,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (
            !PublicId.TryParse(AccountIds.ProviderKeyPrefix, key, out var named)
            || await ProviderKeyView.FindAsync(store, caller, named, cancel) is null
        )
            return ProviderKeyView.NotFound.AsResult();

        await using var session = store.OpenWorkerSession(caller);
        DataKeys.DeleteSecrets(
            session,
            "delete from accounts.provider_keys where workspace_id = $1 and id = $2",
            caller.Workspace,
            named
        );
        AuditLog.Record(
            session,
            caller.Workspace,
            "provider_keys.deleted",
            AccountIds.ProviderKey(named),
            address: SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }
}
