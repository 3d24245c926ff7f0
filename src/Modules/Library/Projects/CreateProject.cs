using System.Security.Cryptography;
using System.Text.Json;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Library.Projects;

/// <summary>Makes a project.</summary>
/// <param name="Name">What people call it; blanks around it are left out.</param>
/// <param name="Description">What it is for.</param>
internal sealed record CreateProject(string Name, string Description = "");

/// <summary><c>POST /projects</c>.</summary>
internal static class CreateProjectEndpoint
{
    private const string Route = "POST /projects";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/projects", HandleAsync)
            .WithName("CreateProject")
            .WithTags("projects")
            .WithSummary("Make a project to keep jobs in")
            .WithDescription("Two projects may have the same name.")
            .Produces<ProjectView>(StatusCodes.Status201Created)
            .WithProblems(
                Idempotency.KeyMissing,
                Idempotency.KeyReused,
                Idempotency.InFlight,
                CommonProblems.InvalidValues,
                LibraryProblems.TooManyProjects
            )
            .WithExample(
                new CreateProject(ProjectView.Example.Name, ProjectView.Example.Description),
                ProjectView.Example
            );

    private static async Task<IResult> HandleAsync(
        CreateProject command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        var (key, noKey) = Idempotency.ReadKey(http);
        if (noKey is not null)
            return noKey.AsResult();
        var name = command.Name.Trim();
        FieldError[] faults =
        [
            .. ProjectRules.NameFaults(name),
            .. ProjectRules.DescriptionFaults(command.Description),
        ];
        if (faults.Length > 0)
            return CommonProblems.InvalidValues.With("The project can't be made like this.", faults).AsResult();

        var id = store.NewId();
        await using var session = store.OpenSession(caller);
        var (there, now) = (
            await session.QueryAsync(
                "select count(*), now() from library.projects where workspace_id = $1",
                row => (row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1)),
                cancel,
                caller.Workspace
            )
        ).Single();
        var made = new ProjectView(
            PublicId.Format(ProjectDirectory.Prefix, id),
            name,
            command.Description,
            AccountIds.Person(caller.Person),
            1,
            now,
            now
        );
        var answer = new IdempotentAnswer(
            Route,
            key,
            SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(command, StrictJson.Options)),
            StatusCodes.Status201Created,
            $"/api/v1/projects/{made.Id}",
            JsonSerializer.SerializeToUtf8Bytes(made, StrictJson.Options)
        );
        if (there >= ProjectRules.MostProjects) // maybe because of what the same request did before
            return await Idempotency.ReplayAsync(store, session.Context, answer, cancel)
                ?? LibraryProblems.TooManyProjects.With($"The workspace has {there} projects.").AsResult();
        session.StartStream<Project>(id, new ProjectCreated());
        session.Execute(
            """
            insert into library.projects (id, workspace_id, created_by, name, description, version, created_at, changed_at)
            values ($1, $2, $3, $4, $5, 1, $6, $6)
            """,
            id,
            caller.Workspace,
            caller.Person,
            name,
            command.Description,
            now
        );
        var said = await Idempotency.SaveAsync(session, answer, store, cancel);
        if (said is not ProblemResult)
            http.Response.Headers.ETag = VersionTag.Of(made.Version);
        return said;
    }
}
