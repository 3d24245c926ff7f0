using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Scheduling;

/// <summary>The queue as one workspace sees it.</summary>
/// <param name="Pending">The workspace's jobs that wait for a place.</param>
/// <param name="Running">The workspace's jobs at work.</param>
/// <param name="Places">How many of its jobs may run at once.</param>
/// <param name="OldestPendingSeconds">How long the oldest waits; 0 when none does.</param>
/// <param name="Lanes">The server's lanes of work, all workspaces together.</param>
internal sealed record QueueView(
    int Pending,
    int Running,
    int Places,
    double OldestPendingSeconds,
    IReadOnlyList<LaneView> Lanes
);

/// <summary>One lane of work.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ready">Steps that wait for a worker.</param>
/// <param name="Running">Steps at work.</param>
/// <param name="Delayed">Steps that wait for another try.</param>
/// <param name="OldestReadySeconds">How long the oldest has been waiting.</param>
internal sealed record LaneView(string Name, long Ready, long Running, long Delayed, double OldestReadySeconds);

internal static class GetQueueEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/queue", HandleAsync)
            .WithName("GetQueue")
            .WithTags("jobs")
            .WithSummary("What waits and what runs")
            .Produces<QueueView>()
            .WithExample(response: new QueueView(1, 2, 2, 12.5, [new LaneView("render", 6, 2, 0, 0.04)]));

    private static async Task<IResult> HandleAsync(
        Caller caller,
        EventStore store,
        QueueOperations queue,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        var (pending, running, oldest) = (
            await session.QueryAsync(
                """
                select count(*) filter (where status = 'pending'), count(*) filter (where status = 'running'),
                       coalesce(extract(epoch from now() - min(created_at) filter (where status = 'pending')), 0)::float8
                from jobs.job_view where workspace_id = $1 and status in ('pending', 'running')
                """,
                row => (row.GetInt64(0), row.GetInt64(1), row.GetDouble(2)),
                cancel,
                caller.Workspace
            )
        ).Single();
        var lanes = await queue.StatusAsync(cancel);
        return TypedResults.Ok(
            new QueueView(
                (int)pending,
                (int)running,
                options.RunningPerWorkspace,
                Math.Round(oldest, 3),
                lanes
                    .Select(lane => new LaneView(
                        lane.Lane,
                        lane.Ready,
                        lane.Leased,
                        lane.Delayed,
                        Math.Round(lane.OldestReady.TotalSeconds, 3)
                    ))
                    .ToList()
            )
        );
    }
}
