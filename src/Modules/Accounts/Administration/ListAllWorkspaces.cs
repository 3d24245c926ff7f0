using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary>A workspace, as administrators of the platform see it.</summary>
/// <param name="Id">Its id; <c>POST /auth/refresh</c> gives an administrator a token for it.</param>
/// <param name="Kind"><c>personal</c> or <c>shared</c>.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Members">How many are in it.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record AdminWorkspace(string Id, string Kind, string? Name, long Members, DateTimeOffset CreatedAt);

/// <summary><c>GET /admin/workspaces</c>.</summary>
internal static class ListAllWorkspacesEndpoint
{
    private static readonly AdminWorkspace Example = new(
        "workspace_01h455vb4pex5vsknk084sn02r",
        "shared",
        "Harbor Press",
        3,
        DateTimeOffset.UnixEpoch
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/workspaces", HandleAsync)
            .WithTags("admin")
            .WithSummary("Every workspace, newest first")
            .WithDescription("Filter by kind. What was deleted is not listed.")
            .ForPlatformAdmins()
            .WithExample(response: new Page<AdminWorkspace>([Example], null))
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<AdminWorkspace>>, ProblemResult>> HandleAsync(
        string? kind,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        if (kind is not (null or "personal" or "shared"))
            return CommonProblems
                .InvalidValues.With("The filter doesn't fit.", new FieldError("kind", "must be personal or shared"))
                .AsResult();
        var (page, refusal) = ListPage.Of(cursors, $"all-workspaces|{kind}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenWorkerSession(caller);
        var rows = await session.QueryAsync(
            """
            select w.id, w.kind, w.name, (select count(*) from accounts.members m where m.workspace_id = w.id), w.created_at
            from accounts.workspaces w
            where w.deleted_at is null and ($1::text is null or w.kind = $1) and (w.created_at, w.id) < ($2, $3)
            order by w.created_at desc, w.id desc limit $4
            """,
            row => new ListRow<AdminWorkspace>(
                row.GetFieldValue<DateTimeOffset>(4),
                row.GetGuid(0),
                new AdminWorkspace(
                    AccountIds.Workspace(row.GetGuid(0)),
                    row.GetString(1),
                    row.IsDBNull(2) ? null : row.GetString(2),
                    row.GetInt64(3),
                    row.GetFieldValue<DateTimeOffset>(4)
                )
            ),
            cancel,
            Typed.Text(kind),
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }
}
