using Lectern.Eventing;
using Lectern.Jobs.Views;
using Npgsql;

namespace Lectern.Jobs.Contracts;

/// <summary>How far a job is, as <c>GET /jobs/{id}</c> says it.</summary>
/// <param name="Job">The job's public id.</param>
/// <param name="Status"><c>pending</c>, <c>running</c>, <c>completed</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Stage">The step at work.</param>
/// <param name="Percent">0 to 100; it never goes back within a run.</param>
/// <param name="QueuePosition">1 for the workspace's next job to start; null once it has started.</param>
/// <param name="RealTimeFactor">Seconds of work for a second of speech; null before there is speech.</param>
/// <param name="SecondsLeft">About how long the run still takes; null while that can't be known.</param>
public sealed record JobNow(
    string Job,
    string Status,
    string Stage,
    int Percent,
    int? QueuePosition,
    double? RealTimeFactor,
    int? SecondsLeft
);

/// <summary>What other modules ask about jobs.</summary>
public static class JobReader
{
    /// <summary>The prefix of a job's public id.</summary>
    public const string Prefix = JobLinks.Prefix;

    /// <summary>Whether the session's workspace has this job.</summary>
    public static async Task<bool> ExistsAsync(Session session, Guid job, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select 1 from jobs.job_view where id = $1 and workspace_id = $2",
                row => row.GetInt32(0),
                cancel,
                job,
                session.Context.Workspace
            )
        ).Count > 0;

    /// <summary>The jobs that are in a project of the session's workspace.</summary>
    public static Task<List<Guid>> InProjectAsync(Session session, Guid project, CancellationToken cancel) =>
        session.QueryAsync(
            "select id from jobs.job_view where project_id = $1 and workspace_id = $2",
            row => row.GetGuid(0),
            cancel,
            project,
            session.Context.Workspace
        );

    /// <summary>
    /// Whether a job is over, and nothing stands in its history behind a version: then there is nothing to wait for. So it
    /// is with a job that is gone.
    /// </summary>
    public static async Task<bool> HasEndedAtAsync(Session session, Guid job, int version, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select 1 from jobs.job_view where id = $1 and (version > $2 or status in ('pending', 'running'))",
                row => row.GetInt32(0),
                cancel,
                job,
                version
            )
        ).Count == 0;

    /// <summary>How far some jobs are.</summary>
    /// <param name="session">A worker session: they may be of any workspaces.</param>
    /// <param name="jobs">Their ids.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static Task<List<(Guid Id, JobNow Now)>> NowAsync(Session session, Guid[] jobs, CancellationToken cancel) =>
        session.QueryAsync($"select {JobView.Columns} from {JobView.Tables} where v.id = any($1)", Read, cancel, jobs);

    /// <summary>How far a workspace's jobs are that run or wait, the oldest first.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="workspace">Whose.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static Task<List<(Guid Id, JobNow Now)>> UnderwayAsync(
        Session session,
        Guid workspace,
        int limit,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            $"""
            select {JobView.Columns} from {JobView.Tables}
            where v.workspace_id = $1 and v.status in ('pending', 'running')
            order by v.status = 'pending', v.created_at, v.id limit $2
            """,
            Read,
            cancel,
            workspace,
            limit
        );

    private static (Guid, JobNow) Read(NpgsqlDataReader row)
    {
        var (view, _, id, _) = JobView.Read(row);
        return (
            id,
            new JobNow(
                view.Id,
                view.Status,
                view.Stage,
                view.Percent,
                view.QueuePosition,
                view.RealTimeFactor,
                view.SecondsLeft
            )
        );
    }
}
