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

/// <summary><c>GET /workspaces/{id}/api-keys</c> and <c>GET …/{key}</c>. Revoked keys stay in sight.</summary>
internal static class ListApiKeysEndpoint
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/workspaces/{id}/api-keys", ListAsync)
            .WithName("ListApiKeys")
            .WithTags("api-keys")
            .WithSummary("The workspace's API keys, newest first, revoked ones included")
            .ForAdmins()
            .WithExample(response: new Page<ApiKeyView>([ApiKeyView.Example], null))
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound);
        api.MapGet("/workspaces/{id}/api-keys/{key}", GetAsync)
            .WithName("GetApiKey")
            .WithTags("api-keys")
            .WithSummary("An API key, without the key itself")
            .ForAdmins()
            .WithExample(response: ApiKeyView.Example)
            .WithProblems(CommonProblems.NotFound);
    }

    private static async Task<Results<Ok<Page<ApiKeyView>>, ProblemResult>> ListAsync(
        string id,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        if (Paging.CheckLimit(limit) is { } badLimit)
            return badLimit.AsResult();
        var list = $"api-keys|{caller.Workspace}";
        var (before, last) = (DateTimeOffset.MaxValue, Guid.Empty);
        if (cursor is not null && !cursors.TryRead(list, cursor, out before, out last))
            return Paging.BadCursor().AsResult();

        var size = limit ?? Paging.DefaultLimit;
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            $"""
            select {ApiKeyView.Columns} from accounts.api_keys
            where workspace_id = $1 and (created_at, id) < ($2, $3) order by created_at desc, id desc limit $4
            """,
            row => (Id: row.GetGuid(0), View: ApiKeyView.Read(row)),
            cancel,
            caller.Workspace,
            before,
            last,
            size + 1
        );
        var page = found.Take(size).ToList();
        var next = found.Count > size ? cursors.Write(list, page[^1].View.CreatedAt, page[^1].Id) : null;
        return TypedResults.Ok(new Page<ApiKeyView>([.. page.Select(key => key.View)], next));
    }

    private static async Task<Results<Ok<ApiKeyView>, ProblemResult>> GetAsync(
        string id,
        string key,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        return
            PublicId.TryParse(AccountIds.ApiKeyPrefix, key, out var named)
            && await ApiKeyView.FindAsync(store, caller, named, cancel) is { } view
            ? TypedResults.Ok(view)
            : ApiKeyView.NotFound.AsResult();
    }
}
