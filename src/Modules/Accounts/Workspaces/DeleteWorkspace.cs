using Lectern.Accounts.Contracts;
using Lectern.Accounts.Privacy;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>
/// <c>DELETE /workspaces/{id}</c>: a shared workspace is closed at once for everybody, and what it holds is erased. A
/// personal one goes with its account only.
/// </summary>
internal static class DeleteWorkspaceEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapDelete("/workspaces/{id}", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Delete a shared workspace and erase what it holds")
            .WithDescription("It is closed at once; jobs, texts and audio are erased within moments.")
            .ForAdmins()
            .WithExample()
            .WithProblems(CommonProblems.NotFound, AccountsProblems.PersonalWorkspace);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        var (workspace, refusal) = await SharedWorkspace.LockAsync(session, cancel);
        if (workspace is null)
            return refusal!.AsResult();
        workspace.Append(new WorkspaceDeleted(workspace.Id));
        session.Execute("update accounts.workspaces set deleted_at = now() where id = $1", workspace.Id);
        session.Execute("delete from accounts.invitations where workspace_id = $1", workspace.Id);
        session.Execute(
            """
            insert into accounts.revocations (subject) select stamp from accounts.members where workspace_id = $1
            on conflict do nothing
            """,
            workspace.Id
        );
        session.Enqueue(new EraseWorkspace(workspace.Id));
        AuditLog.Record(session, workspace.Id, "workspaces.deleted", id);
        await session.SaveChangesAsync(cancel);
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
