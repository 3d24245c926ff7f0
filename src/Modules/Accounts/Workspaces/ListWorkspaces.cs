using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>A workspace, as somebody in it sees it.</summary>
/// <param name="Id">Its id; <c>POST /auth/refresh</c> gives a token for it.</param>
/// <param name="Kind"><c>personal</c> or <c>shared</c>.</param>
/// <param name="Name">What it is called; a personal one need not have a name.</param>
/// <param name="Role">The caller's role in it.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record WorkspaceView(string Id, string Kind, string? Name, string Role, DateTimeOffset CreatedAt)
{
    public static readonly WorkspaceView Example = new(
        "workspace_01h455vb4pex5vsknk084sn02r",
        "shared",
        "Harbor Press",
        "admin",
        DateTimeOffset.UnixEpoch
    );
}

/// <summary><c>GET /workspaces</c>: it is about the person, so any token of theirs will do.</summary>
internal static class ListWorkspacesEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/workspaces", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("The workspaces that I am in, newest first")
            .ForThePerson()
            .WithExample(response: new Page<WorkspaceView>([WorkspaceView.Example], null))
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<WorkspaceView>>, ProblemResult>> HandleAsync(
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (page, refusal) = ListPage.Of(cursors, $"workspaces|{caller.Person}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        // The person stands in the workspace's place: see the policies in 0004_workspaces.sql.
        await using var session = store.OpenSession(caller with { Workspace = caller.Person });
        var rows = await session.QueryAsync(
            """
            select w.id, w.kind, w.name, m.role, w.created_at
            from accounts.members m join accounts.workspaces w on w.id = m.workspace_id
            where m.person_id = $1 and w.deleted_at is null and (w.created_at, w.id) < ($2, $3)
            order by w.created_at desc, w.id desc limit $4
            """,
            row => new ListRow<WorkspaceView>(
                row.GetFieldValue<DateTimeOffset>(4),
                row.GetGuid(0),
                new WorkspaceView(
                    AccountIds.Workspace(row.GetGuid(0)),
                    row.GetString(1),
                    row.IsDBNull(2) ? null : row.GetString(2),
                    row.GetString(3),
                    row.GetFieldValue<DateTimeOffset>(4)
                )
            ),
            cancel,
            caller.Person,
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }
}
