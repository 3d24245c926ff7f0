using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Scheduling;

/// <summary>The queue as one workspace sees it: its own jobs, and nothing of what others have waiting.</summary>
/// <param name="Pending">Its jobs that wait for a place.</param>
/// <param name="Running">Its jobs at work.</param>
/// <param name="Places">How many of its jobs may run at once.</param>
/// <param name="OldestPendingSeconds">How long the oldest waits; 0 when none does.</param>
/// <param name="Kinds">The same by kind of job.</param>
/// <param name="Jobs">The jobs that wait, in the order in which they will start; the first 100.</param>
internal sealed record QueueView(
    long Pending,
    long Running,
    int Places,
    double OldestPendingSeconds,
    IReadOnlyList<KindRow> Kinds,
    IReadOnlyList<WaitingJob> Jobs
);

/// <summary>A job that waits.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it makes.</param>
/// <param name="Position">1 for the next one to start.</param>
/// <param name="WaitingSeconds">Since it was accepted.</param>
internal sealed record WaitingJob(string Id, string Kind, int Position, double WaitingSeconds);

/// <summary><c>GET /queue</c>.</summary>
internal static class GetQueueEndpoint
{
    private const int MostJobs = 100;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/queue", HandleAsync)
            .WithName("GetQueue")
            .WithTags("jobs")
            .WithSummary("What waits and what runs")
            .WithDescription(
                "No time is promised: how long a job takes depends on what others have going. A quote says what its making takes."
            )
            .WithExample(
                response: new QueueView(
                    1,
                    2,
                    2,
                    12.5,
                    [new KindRow(JobKinds.Audiobook, 1, 2, 12.5)],
                    [new WaitingJob("job_01h455vb4pex5vsknk084sn02q", JobKinds.Audiobook, 1, 12.5)]
                )
            );

    private static async Task<Ok<QueueView>> HandleAsync(
        Caller caller,
        EventStore store,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        var kinds = await session.QueryAsync(
            KindRow.Select + " where workspace_id = $1 group by kind order by kind",
            KindRow.Read,
            cancel,
            caller.Workspace
        );
        var jobs = await session.QueryAsync(
            """
            select id, kind, extract(epoch from now() - created_at)::float8
            from jobs.job_view where workspace_id = $1 and status = 'pending' order by created_at, id limit $2
            """,
            row => (Id: row.GetGuid(0), Kind: row.GetString(1), Seconds: Math.Round(row.GetDouble(2), 3)),
            cancel,
            caller.Workspace,
            MostJobs
        );
        return TypedResults.Ok(
            new QueueView(
                kinds.Sum(kind => kind.Pending),
                kinds.Sum(kind => kind.Running),
                options.RunningPerWorkspace,
                kinds.Select(kind => kind.OldestPendingSeconds).DefaultIfEmpty().Max(),
                kinds,
                [
                    .. jobs.Select(
                        (job, index) =>
                            new WaitingJob(PublicId.Format(JobLinks.Prefix, job.Id), job.Kind, index + 1, job.Seconds)
                    ),
                ]
            )
        );
    }
}
