using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel.History;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Views;

/// <summary>What happened to a job: over HTTP as <see cref="HistoryRoutes"/> has it.</summary>
internal static class JobHistoryEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => api.MapHistory<Job>("/jobs/{id}", Subject);

    private static readonly HistorySubject Subject = new(
        "job",
        "Job",
        "a job",
        "jobs",
        JobLinks.Prefix,
        ["jobs."],
        JobNotFound.Problem,
        FindAsync,
        new HistoryExample(
            "jobs.job_started.v1",
            JsonSerializer.SerializeToElement(new Contracts.JobStarted(1), JobsJson.Default.JobStarted),
            JsonSerializer.SerializeToElement(Job.Initial, JobsJson.Default.Job)
        )
    );

    private static async Task<Guid?> FindAsync(Session session, Guid? job, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            "select id from jobs.job_view where id = $1",
            row => row.GetGuid(0),
            cancel,
            job
        );
        return found is [var known] ? known : null;
    }
}
