using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Vault;

/// <summary><c>GET /workspaces/{id}/provider-keys</c>.</summary>
internal static class ListProviderKeysEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/workspaces/{id}/provider-keys", HandleAsync)
            .WithName("ListProviderKeys")
            .WithTags("provider-keys")
            .WithSummary("The provider keys in the workspace's vault, newest first, without the keys themselves")
            .ForAdmins()
            .WithExample(response: new Page<ProviderKeyView>([ProviderKeyView.Example], null))
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound);

    private static async Task<Results<Ok<Page<ProviderKeyView>>, ProblemResult>> HandleAsync(
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
        var list = $"provider-keys|{caller.Workspace}";
        var (before, last) = (DateTimeOffset.MaxValue, Guid.Empty);
        if (cursor is not null && !cursors.TryRead(list, cursor, out before, out last))
            return Paging.BadCursor().AsResult();

        var size = limit ?? Paging.DefaultLimit;
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            $"""
            select {ProviderKeyView.Columns} from accounts.provider_keys
            where workspace_id = $1 and (created_at, id) < ($2, $3) order by created_at desc, id desc limit $4
            """,
            row => (Id: row.GetGuid(0), View: ProviderKeyView.Read(row)),
            cancel,
            caller.Workspace,
            before,
            last,
            size + 1
        );
        var page = found.Take(size).ToList();
        var next = found.Count > size ? cursors.Write(list, page[^1].View.CreatedAt, page[^1].Id) : null;
        return TypedResults.Ok(new Page<ProviderKeyView>([.. page.Select(key => key.View)], next));
    }
}
