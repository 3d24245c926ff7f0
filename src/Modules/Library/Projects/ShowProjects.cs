using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Library.Projects;

/// <summary><c>GET /projects</c> and <c>GET /projects/{id}</c>.</summary>
internal static class ShowProjectsEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/projects", ListAsync)
            .WithName("ListProjects")
            .WithTags("projects")
            .WithSummary("The workspace's projects, newest first")
            .WithDescription(
                "q finds a part of a name or a description, whatever its case; mine=true shows those that the caller made. Pass next of a page as cursor for the page behind it."
            )
            .Produces<Page<ProjectView>>()
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: new Page<ProjectView>([ProjectView.Example], null));
        api.MapGet("/projects/{id}", GetAsync)
            .WithName("GetProject")
            .WithTags("projects")
            .WithSummary("A project")
            .WithDescription("The ETag is its version: send it as If-Match with a change.")
            .Produces<ProjectView>()
            .Produces(StatusCodes.Status304NotModified)
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: ProjectView.Example);
    }

    private static async Task<IResult> ListAsync(
        string? q,
        bool? mine,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        if (SearchPattern.Check("q", q) is { } unusable)
            return unusable.AsResult();
        Guid? maker = mine == true ? caller.Person : null;
        var (page, refusal) = ListPage.Of(cursors, $"{caller.Workspace}/projects/{maker}/{q}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            $"""
            select {ProjectView.Columns} from library.projects
            where workspace_id = $1 and ($2::text is null or name ilike $2 or description ilike $2)
              and ($3::uuid is null or created_by = $3) and (created_at, id) < ($4, $5)
            order by created_at desc, id desc limit $6
            """,
            ProjectView.Read,
            cancel,
            caller.Workspace,
            Typed.Text(SearchPattern.Containing(q)),
            Typed.Uuid(maker),
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(ProjectDirectory.Prefix, id, out var project)
            ? await AnswerAsync(project, http, caller, store, cancel)
            : ProjectDirectory.NotThere.AsResult();

    /// <summary>The project as it is now, or that the client has it already.</summary>
    public static async Task<IResult> AnswerAsync(
        Guid id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return await ProjectView.FindAsync(session, id, cancel) is { } project
            ? VersionTag.Answer(http, VersionTag.Of(project.Version), project)
            : ProjectDirectory.NotThere.AsResult();
    }
}
