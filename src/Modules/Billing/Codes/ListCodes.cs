using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Codes;

/// <summary><c>GET /admin/credits/codes</c>.</summary>
internal static class ListCodesEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/credits/codes", HandleAsync)
            .WithName("ListCodes")
            .WithTags("admin")
            .WithSummary("Every promotional code and how often it was used, newest first")
            .ForPlatformAdmins()
            .WithExample(response: new Page<CodeView>([CodeView.Example], null))
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<CodeView>>, ProblemResult>> HandleAsync(
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (page, refusal) = ListPage.Of(cursors, "codes", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenWorkerSession(caller);
        var rows = await session.QueryAsync(
            $"""
            select {CodeView.Columns} from billing.codes where (created_at, id) < ($1, $2)
            order by created_at desc, id desc limit $3
            """,
            row => new ListRow<CodeView>(row.GetFieldValue<DateTimeOffset>(8), row.GetGuid(0), CodeView.Read(row)),
            cancel,
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }
}
