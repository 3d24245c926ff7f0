using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Scheduling;

/// <summary>The queue as whoever runs the installation sees it.</summary>
/// <param name="Lanes">The lanes of work, all hosts together.</param>
/// <param name="DeadLetters">Messages that were given up, by type; <c>lectern queue dead</c> shows each.</param>
/// <param name="Kinds">Jobs that have not ended, by kind.</param>
/// <param name="Workspaces">The same by workspace: the 100 with the most pending jobs.</param>
/// <param name="WorkspacesInAll">How many workspaces have a job that has not ended.</param>
internal sealed record PlatformQueueView(
    IReadOnlyList<LaneView> Lanes,
    IReadOnlyDictionary<string, long> DeadLetters,
    IReadOnlyList<KindRow> Kinds,
    IReadOnlyList<WorkspaceQueue> Workspaces,
    long WorkspacesInAll
);

/// <summary>One lane of work.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ready">Messages that wait for a worker.</param>
/// <param name="Running">Messages at work.</param>
/// <param name="Delayed">Messages that wait for their time.</param>
/// <param name="OldestReadySeconds">How long the oldest has been due.</param>
/// <param name="DeadLetters">Messages that were given up.</param>
/// <param name="Limit">How many all hosts together handle at a time now, where that is limited.</param>
internal sealed record LaneView(
    string Name,
    long Ready,
    long Running,
    long Delayed,
    double OldestReadySeconds,
    long DeadLetters,
    int? Limit
);

/// <summary>A workspace with jobs that have not ended.</summary>
/// <param name="Workspace">Its id.</param>
/// <param name="Pending">Jobs that wait for a place.</param>
/// <param name="Running">Jobs at work.</param>
/// <param name="OldestPendingSeconds">How long the oldest waits; 0 when none does.</param>
internal sealed record WorkspaceQueue(string Workspace, long Pending, long Running, double OldestPendingSeconds);

/// <summary><c>GET /admin/queue</c>.</summary>
internal static class GetPlatformQueueEndpoint
{
    private const int MostWorkspaces = 100;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/queue", HandleAsync)
            .WithName("GetPlatformQueue")
            .WithTags("admin")
            .WithSummary("The lanes of work, dead letters, and what waits and runs by kind and workspace")
            .ForPlatformAdmins()
            .WithExample(
                response: new PlatformQueueView(
                    [new LaneView("render", 6, 2, 0, 0.04, 0, null)],
                    new Dictionary<string, long> { ["accounts.send_notice.v1"] = 1 },
                    [new KindRow(JobKinds.Audiobook, 1, 2, 12.5)],
                    [new WorkspaceQueue("workspace_01h455vb4pex5vsknk084sn02r", 1, 2, 12.5)],
                    1
                )
            );

    private static async Task<Ok<PlatformQueueView>> HandleAsync(
        Caller caller,
        EventStore store,
        QueueOperations queue,
        CancellationToken cancel
    )
    {
        var lanes = await queue.StatusAsync(cancel);
        var dead = await queue.DeadLetterCountsAsync(cancel);
        await using var session = store.OpenWorkerSession(caller);
        var kinds = await session.QueryAsync($"{KindRow.Select} group by kind order by kind", KindRow.Read, cancel);
        var workspaces = await session.QueryAsync(
            $"""
            select workspace_id, count(*) filter (where pending), count(*) filter (where not pending),
                   coalesce(extract(epoch from now() - min(created_at) filter (where pending)), 0)::float8, count(*) over ()
            from ({KindRow.Live}) live
            group by workspace_id order by 2 desc, 4 desc, 1 limit $1
            """,
            row =>
                (
                    Queue: new WorkspaceQueue(
                        AccountIds.Workspace(row.GetGuid(0)),
                        row.GetInt64(1),
                        row.GetInt64(2),
                        Math.Round(row.GetDouble(3), 3)
                    ),
                    InAll: row.GetInt64(4)
                ),
            cancel,
            MostWorkspaces
        );
        return TypedResults.Ok(
            new PlatformQueueView(
                [
                    .. lanes.Select(lane => new LaneView(
                        lane.Lane,
                        lane.Ready,
                        lane.Leased,
                        lane.Delayed,
                        Math.Round(lane.OldestReady.TotalSeconds, 3),
                        lane.DeadLetters,
                        lane.Limit
                    )),
                ],
                dead,
                kinds,
                [.. workspaces.Select(workspace => workspace.Queue)],
                workspaces.Select(workspace => workspace.InAll).FirstOrDefault()
            )
        );
    }
}
