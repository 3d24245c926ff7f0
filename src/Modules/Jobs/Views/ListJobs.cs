using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
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

    private static async Task<IResult> OfProjectAsync(
        string id,
        string? status,
        string? voice,
        string? format,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return
            PublicId.TryParse(ProjectDirectory.Prefix, id, out var project)
            && await ProjectDirectory.IsThereAsync(session, project, cancel)
            ? await HandleAsync(id, status, voice, format, limit, cursor, caller, store, cursors, cancel)
            : CommonProblems.NotFound.With("There is no such project.").AsResult();
    }

    private static async Task<IResult> HandleAsync(
        string? project,
        string? status,
        string? voice,
        string? format,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        if (Paging.CheckLimit(limit) is { } badLimit)
            return badLimit.AsResult();
        if (status is not null && !Statuses.Contains(status))
            return CommonProblems
                .InvalidValues.With(
                    "The filter doesn't fit.",
                    new FieldError("status", $"must be one of {string.Join(", ", Statuses)}")
                )
                .AsResult();
        var inProject = Guid.Empty;
        if (project is not null && !PublicId.TryParse(ProjectDirectory.Prefix, project, out inProject))
            return CommonProblems
                .InvalidValues.With("The filter doesn't fit.", new FieldError("project", "must be the id of a project"))
                .AsResult();
        var list = $"jobs|{caller.Workspace}|{project}|{status}|{voice}|{format}";
        DateTimeOffset? before = null;
        var beforeId = Guid.Empty;
        if (cursor is not null)
        {
            if (!cursors.TryRead(list, cursor, out var at, out beforeId))
                return Paging.BadCursor().AsResult();
            before = at;
        }

        var size = limit ?? Paging.DefaultLimit;
        await using var session = store.OpenSession(caller);
        if (project is not null && !await ProjectDirectory.IsThereAsync(session, inProject, cancel))
            return TypedResults.Ok(new Page<JobView>([], null)); // what was in it is in none
        object?[] values = [caller.Workspace, status, voice, format, before, beforeId, size + 1];
        var rows = await JobView.QueryAsync(
            session,
            // Said only where it is asked for: "if a project is given" would keep a plan from using the project's index.
            (project is null ? "" : "v.project_id = $8 and ")
                + """
                v.workspace_id = $1 and ($2::text is null or v.status = $2) and ($3::text is null or v.voice = $3)
                  and ($4::text is null or v.format = $4) and ($5::timestamptz is null or (v.created_at, v.id) < ($5, $6))
                order by v.created_at desc, v.id desc limit $7
                """,
            cancel,
            project is null ? values : [.. values, inProject]
        );
        var more = rows.Count > size;
        var page = rows.Take(size).ToList();
        return TypedResults.Ok(
            new Page<JobView>(
                page.Select(r => r.View).ToList(),
                more ? cursors.Write(list, page[^1].View.CreatedAt, page[^1].Id) : null
            )
        );
    }
}
