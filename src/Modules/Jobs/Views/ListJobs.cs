using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Views;

internal static class ListJobsEndpoint
{
    private static readonly string[] Statuses = ["pending", "running", "completed", "failed", "cancelled"];

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs", HandleAsync)
            .WithName("ListJobs")
            .WithTags("jobs")
            .WithSummary("The workspace's jobs, newest first")
            .WithDescription(
                "Filter by project, status, voice and format; pass next of a page as cursor for the page behind it."
            )
            .Produces<Page<JobView>>()
            .WithExample(response: new Page<JobView>([GetJobEndpoint.Example], null));
        api.MapGet("/projects/{id}/jobs", OfProjectAsync)
            .WithName("ListProjectJobs")
            .WithTags("jobs")
            .WithSummary("A project's jobs, newest first")
            .WithDescription("With the filters and pages of GET /jobs.")
            .Produces<Page<JobView>>()
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: new Page<JobView>([GetJobEndpoint.Example], null));
    }

    /// <summary>What was in a project that is gone is in none, so none of them is found.</summary>
    private static Task<IResult> HandleAsync(
        string? project,
        [AsParameters] JobFilter filter,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        Guid? inProject = PublicId.TryParse(ProjectDirectory.Prefix, project ?? "", out var id) ? id : null;
        return project is not null && inProject is null
            ? Task.FromResult<IResult>(
                CommonProblems
                    .InvalidValues.With(
                        "The filter doesn't fit.",
                        new FieldError("project", "must be the id of a project")
                    )
                    .AsResult()
            )
            : ListAsync(
                inProject,
                TypedResults.Ok(new Page<JobView>([], null)),
                filter,
                caller,
                store,
                cursors,
                cancel
            );
    }

    private static Task<IResult> OfProjectAsync(
        string id,
        [AsParameters] JobFilter filter,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(ProjectDirectory.Prefix, id, out var project)
            ? ListAsync(project, ProjectDirectory.NotThere.AsResult(), filter, caller, store, cursors, cancel)
            : Task.FromResult<IResult>(ProjectDirectory.NotThere.AsResult());

    /// <summary>A page of jobs, or <paramref name="noProject"/> when the project that they are to be in is not there.</summary>
    private static async Task<IResult> ListAsync(
        Guid? project,
        IResult noProject,
        JobFilter filter,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (status, voice, format) = (filter.Status, filter.Voice, filter.Format);
        if (status is not null && !Statuses.Contains(status))
            return CommonProblems
                .InvalidValues.With(
                    "The filter doesn't fit.",
                    new FieldError("status", $"must be one of {string.Join(", ", Statuses)}")
                )
                .AsResult();
        var list = $"jobs|{caller.Workspace}|{project}|{status}|{voice}|{format}";
        var (page, refusal) = ListPage.Of(cursors, list, filter.Limit, filter.Cursor);
        if (page is null)
            return refusal!.AsResult();

        await using var session = store.OpenSession(caller);
        if (project is { } named && !await ProjectDirectory.IsThereAsync(session, named, cancel))
            return noProject;
        object?[] values = [caller.Workspace, status, voice, format, page.Before, page.BeforeId, page.Rows];
        var rows = await JobView.QueryAsync(
            session,
            // Said only where it is asked for: "if a project is given" would keep a plan from using the project's index.
            (project is null ? "" : "v.project_id = $8 and ")
                + """
                v.workspace_id = $1 and ($2::text is null or v.status = $2) and ($3::text is null or v.voice = $3)
                  and ($4::text is null or v.format = $4) and (v.created_at, v.id) < ($5, $6)
                order by v.created_at desc, v.id desc limit $7
                """,
            cancel,
            project is null ? values : [.. values, project]
        );
        return TypedResults.Ok(
            page.Cut([.. rows.Select(row => new ListRow<JobView>(row.View.CreatedAt, row.Id, row.View))])
        );
    }
}

/// <summary>Which jobs of a list somebody wants, as the client says it.</summary>
internal sealed record JobFilter
{
    /// <summary>One of the statuses; any without it.</summary>
    [FromQuery(Name = "status")]
    public string? Status { get; init; }

    /// <summary>A voice's id; any without it.</summary>
    [FromQuery(Name = "voice")]
    public string? Voice { get; init; }

    /// <summary>A format; any without it.</summary>
    [FromQuery(Name = "format")]
    public string? Format { get; init; }

    /// <summary>How many.</summary>
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <summary><c>next</c> of the page before.</summary>
    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }
}
