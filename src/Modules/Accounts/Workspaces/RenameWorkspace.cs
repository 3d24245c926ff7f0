using Lectern.Accounts.Contracts;
using Lectern.Accounts.People;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>Gives the workspace another name; a personal one, too.</summary>
/// <param name="Name">At most 100 characters.</param>
internal sealed record RenameWorkspace(string Name);

/// <summary><c>PATCH /workspaces/{id}</c>.</summary>
internal static class RenameWorkspaceEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapPatch("/workspaces/{id}", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Rename the workspace")
            .ForAdmins()
            .WithExample(new RenameWorkspace("Harbor Press"), WorkspaceView.Example)
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues);

    private static async Task<Results<Ok<WorkspaceView>, ProblemResult>> HandleAsync(
        string id,
        RenameWorkspace command,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (DisplayName.Fault(command.Name) is { } fault)
            return CommonProblems
                .InvalidValues.With("The workspace can't be called that.", new FieldError("/name", fault))
                .AsResult();
        await using var session = store.OpenWorkerSession(caller);
        session.Execute(
            "update accounts.workspaces set name = $2 where id = $1 and deleted_at is null",
            caller.Workspace,
            command.Name
        );
        AuditLog.Record(session, caller.Workspace, "workspaces.renamed", id);
        await session.SaveChangesAsync(cancel);
        return await ShowWorkspaceEndpoint.FindAsync(store, caller, cancel) is { } view
            ? TypedResults.Ok(view)
            : WorkspaceOfToken.NotThere().AsResult();
    }
}
