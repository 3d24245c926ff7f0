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

/// <summary>Makes a shared workspace, without credits; who makes it is its admin.</summary>
/// <param name="Name">At most 100 characters.</param>
internal sealed record CreateWorkspace(string Name);

/// <summary><c>POST /workspaces</c>.</summary>
internal static class CreateWorkspaceEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/workspaces", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Make a shared workspace")
            .WithDescription("For a token of it, send its id and your refresh token to POST /auth/refresh.")
            .ForThePerson()
            .WithExample(new CreateWorkspace("Harbor Press"), WorkspaceView.Example)
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Created<WorkspaceView>, ProblemResult>> HandleAsync(
        CreateWorkspace command,
        Caller caller,
        EventStore store,
        IEnumerable<IWhenWorkspaceCreated> reactions,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        if (DisplayName.Fault(command.Name) is { } fault)
            return CommonProblems
                .InvalidValues.With("The workspace can't be called that.", new FieldError("/name", fault))
                .AsResult();

        var created = new WorkspaceCreated(store.NewId(), caller.Person);
        await using var session = store.OpenWorkerSession(caller with { Workspace = created.Workspace });
        session.Execute(
            "insert into accounts.workspaces (id, kind, name) values ($1, 'shared', $2)",
            created.Workspace,
            command.Name
        );
        session.Execute(
            "insert into accounts.members (workspace_id, person_id, role, stamp) values ($1, $2, $3, $4)",
            created.Workspace,
            caller.Person,
            Role.Admin.Name(),
            store.NewId()
        );
        session.StartStream<Workspace>(created.Workspace, created);
        foreach (var reaction in reactions)
            reaction.Apply(session, created);
        var id = AccountIds.Workspace(created.Workspace);
        AuditLog.Record(session, created.Workspace, "workspaces.created", id);
        await session.SaveChangesAsync(cancel);
        return TypedResults.Created(
            $"/api/v1/workspaces/{id}",
            new WorkspaceView(id, "shared", command.Name, Role.Admin.Name(), time.GetUtcNow())
        );
    }
}
