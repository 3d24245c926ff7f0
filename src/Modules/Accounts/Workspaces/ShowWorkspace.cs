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

/// <summary><c>GET /workspaces/{id}</c>.</summary>
internal static class ShowWorkspaceEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapGet("/workspaces/{id}", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("The workspace of my token")
            .WithExample(response: WorkspaceView.Example)
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<Ok<WorkspaceView>, ProblemResult>> HandleAsync(
        string id,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        await FindAsync(store, caller, cancel) is { } view
            ? TypedResults.Ok(view)
            : WorkspaceOfToken.NotThere().AsResult();

    /// <summary>The workspace of the caller's token, as the caller sees it; null once it is deleted.</summary>
    public static async Task<WorkspaceView?> FindAsync(EventStore store, Caller caller, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            "select kind, name, created_at from accounts.workspaces where id = $1 and deleted_at is null",
            row => new WorkspaceView(
                AccountIds.Workspace(caller.Workspace),
                row.GetString(0),
                row.IsDBNull(1) ? null : row.GetString(1),
                caller.Role.Name(),
                row.GetFieldValue<DateTimeOffset>(2)
            ),
            cancel,
            caller.Workspace
        );
        return found.SingleOrDefault();
    }
}
