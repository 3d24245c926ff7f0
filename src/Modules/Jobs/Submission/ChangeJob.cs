using System.Text.Json;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Views;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Submission;

/// <summary>New values of a job; what is absent stays.</summary>
/// <param name="Title">The book's title.</param>
internal sealed record ChangeJob(string? Title = null)
{
    /// <summary>The id of the project to keep it in; null for none, which is not the same as absent.</summary>
    public JsonElement Project { get; init; }

    /// <summary>What happens to the job; nothing when all is as it was.</summary>
    /// <param name="job">The job.</param>
    /// <param name="before">The title that it has.</param>
    /// <param name="title">The title that it is to have; null for that.</param>
    /// <param name="moves">Whether the project is named.</param>
    /// <param name="project">The project that it is to be in.</param>
    public static IReadOnlyList<object> Decide(Job job, string before, string? title, bool moves, Guid? project)
    {
        var events = new List<object>();
        if (moves && project != job.Project)
            events.Add(new JobMoved(project));
        if (title is not null && title != before)
            events.Add(new JobRenamed());
        return events;
    }
}

/// <summary><c>PATCH /jobs/{id}</c>.</summary>
internal static class ChangeJobEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPatch("/jobs/{id}", HandleAsync)
            .WithName("ChangeJob")
            .WithTags("jobs")
            .WithSummary("Give a job another title, or put it into another project")
            .WithDescription(
                "A job at rest or at work. A null as project takes it out of its project. The title goes into a file that is made from then on; one that is there keeps the title inside of it. With If-Match the job is changed only if it is still that version, which a job at work seldom is."
            )
            .Produces<JobView>()
            .WithProblems(
                CommonProblems.NotFound,
                CommonProblems.InvalidValues,
                CommonProblems.PreconditionFailed,
                JobsProblems.UnknownProject
            )
            .WithExample(
                new ChangeJob(GetJobEndpoint.Example.Title)
                {
                    Project = JsonSerializer.SerializeToElement(GetJobEndpoint.Example.Project, StrictJson.Options),
                },
                GetJobEndpoint.Example
            );

    private static async Task<IResult> HandleAsync(
        string id,
        ChangeJob change,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        // Locked: the job's workers write to it all the time, and a change must not lose against them.
        if (
            !PublicId.TryParse(JobLinks.Prefix, id, out var jobId)
            || await session.FetchForExclusiveWriting<Job>(jobId, cancel)
                is not { State.Status: not JobStatus.Deleted } job
            || await JobView.QueryAsync(session, "v.id = $1", cancel, jobId) is not [var (before, version, _)]
        )
            return JobNotFound.Problem.AsResult();
        var (project, badProject) = Read(change.Project);
        FieldError?[] faults = [JobRequests.TitleFault(change.Title), badProject];
        if (faults.OfType<FieldError>().ToArray() is { Length: > 0 } found)
            return CommonProblems.InvalidValues.With("The job can't be changed like this.", found).AsResult();
        if (VersionTag.Stale(http.Request, before.TagAt(version), "The job has gone on since.") is { } stale)
            return stale.AsResult();

        var moves = change.Project.ValueKind != JsonValueKind.Undefined;
        var events = ChangeJob.Decide(job.State, before.Title, change.Title, moves, project);
        if (project is { } into)
            ProjectDirectory.Require(session, into); // also when the job names it already: it may be gone since
        job.Append([.. events]);
        if (events.OfType<JobRenamed>().Any())
            session.Execute("update jobs.manuscripts set title = $2 where job_id = $1", jobId, change.Title);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException e) when (ProjectDirectory.Refuses(e))
        {
            return JobsProblems.NoProject().AsResult();
        }

        return await GetJobEndpoint.AnswerAsync(jobId, http, caller, store, cancel);
    }

    private static (Guid? Project, FieldError? Fault) Read(JsonElement project) =>
        project.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => (null, null),
            JsonValueKind.String when PublicId.TryParse(ProjectDirectory.Prefix, project.GetString(), out var id) => (
                id,
                null
            ),
            _ => (null, new FieldError("/project", "must be the id of a project, or null")),
        };
}
