using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Library.Projects;

/// <summary>New values of a project; what is absent stays.</summary>
internal sealed record ChangeProject(string? Name = null, string? Description = null)
{
    /// <summary>What is wrong with it; none when it fits.</summary>
    public IEnumerable<FieldError> Faults() =>
        [
            .. Name is null ? [] : ProjectRules.NameFaults(Name.Trim()),
            .. Description is null ? [] : ProjectRules.DescriptionFaults(Description),
        ];

    /// <summary>What happens to the project; null when all is as it was.</summary>
    public static ProjectChanged? Decide(ProjectView before, ChangeProject change)
    {
        var changed = new ProjectChanged(
            Named: change.Name is { } name && name.Trim() != before.Name,
            Described: change.Description is { } description && description != before.Description
        );
        return changed is { Named: false, Described: false } ? null : changed;
    }
}

/// <summary><c>PATCH</c> and <c>DELETE</c> of <c>/projects/{id}</c>.</summary>
internal static class ChangeProjectEndpoints
{
    private const string ChangedSince = "The project was changed since.";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPatch("/projects/{id}", ChangeAsync)
            .WithName("ChangeProject")
            .WithTags("projects")
            .WithSummary("Change a project's name or description")
            .WithDescription("With If-Match it is changed only if it is still that version.")
            .Produces<ProjectView>()
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues, CommonProblems.PreconditionFailed)
            .WithExample(new ChangeProject("The novels of Jane Austen"), ProjectView.Example with { Version = 2 });
        api.MapDelete("/projects/{id}", DeleteAsync)
            .WithName("DeleteProject")
            .WithTags("projects")
            .WithSummary("Delete a project; its jobs stay")
            .WithDescription(
                "Its jobs go on, keep their files, and are in no project from then on. With If-Match it is deleted only if it is still that version."
            )
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(CommonProblems.NotFound, CommonProblems.PreconditionFailed)
            .WithExample();
    }

    private static async Task<IResult> ChangeAsync(
        string id,
        ChangeProject change,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (
            await FetchAsync(session, id, cancel) is not { } project
            || await ProjectView.FindAsync(session, project.Id, cancel) is not { } before
        )
            return ProjectDirectory.NotThere.AsResult();
        if (change.Faults().ToArray() is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The project can't be changed like this.", faults).AsResult();
        if (VersionTag.Stale(http.Request, VersionTag.Of(project.Version), ChangedSince) is { } stale)
            return stale.AsResult();
        if (ChangeProject.Decide(before, change) is { } changed)
        {
            project.Append(changed);
            session.Execute(
                "update library.projects set name = $2, description = $3, version = $4, changed_at = now() where id = $1",
                project.Id,
                change.Name?.Trim() ?? before.Name,
                change.Description ?? before.Description,
                project.Version
            );
        }

        await session.SaveChangesAsync(cancel);
        return await ShowProjectsEndpoints.AnswerAsync(project.Id, http, caller, store, cancel);
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FetchAsync(session, id, cancel) is not { } project)
            return ProjectDirectory.NotThere.AsResult();
        if (VersionTag.Stale(http.Request, VersionTag.Of(project.Version), ChangedSince) is { } stale)
            return stale.AsResult();
        // First the row, which waits for those who are about to put something into the project: see require_project.
        session.Execute("delete from library.projects where id = $1", project.Id);
        project.Append(new ProjectDeleted());
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }

    /// <summary>Locks the project, so that of two who change it at the same time the second sees what the first did.</summary>
    private static async Task<StreamForWriting<Project>?> FetchAsync(
        Session session,
        string id,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(ProjectDirectory.Prefix, id, out var project)
        && await session.FetchForExclusiveWriting<Project>(project, cancel) is { State.Exists: true } found
            ? found
            : null;
}
