using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.ApiKeys;

/// <summary>Gives a key another name. What it is good for never changes: that would be another key.</summary>
/// <param name="Name">The new name.</param>
internal sealed record RenameApiKey(string Name);

/// <summary><c>PATCH /workspaces/{id}/api-keys/{key}</c>.</summary>
internal static class RenameApiKeyEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPatch("/workspaces/{id}/api-keys/{key}", HandleAsync)
            .WithName("RenameApiKey")
            .WithTags("api-keys")
            .WithSummary("Rename an API key")
            .ForAdmins()
            .WithExample(new RenameApiKey(ApiKeyView.Example.Name), ApiKeyView.Example)
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound);

    private static async Task<Results<Ok<ApiKeyView>, ProblemResult>> HandleAsync(
        string id,
        string key,
        RenameApiKey command,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (KeyName.Fault(command.Name) is { } fault)
            return CommonProblems
                .InvalidValues.With("The key can't be called this.", new FieldError("/name", fault))
                .AsResult();
        if (
            !PublicId.TryParse(AccountIds.ApiKeyPrefix, key, out var named)
            || await ApiKeyView.FindAsync(store, caller, named, cancel) is not { } before
        )
            return ApiKeyView.NotFound.AsResult();

        await using var session = store.OpenSession(caller);
        session.Execute(
            "update accounts.api_keys set name = $3 where workspace_id = $1 and id = $2",
            caller.Workspace,
            named,
            command.Name
        );
        await session.SaveChangesAsync(cancel);
        return TypedResults.Ok(before with { Name = command.Name });
    }
}
