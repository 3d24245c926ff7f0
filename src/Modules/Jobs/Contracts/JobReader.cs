using Lectern.Eventing;
using Lectern.Jobs.Views;
using Lectern.SharedKernel;
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

    /// <summary>Whether a job is over, until somebody tries it again; one that is gone is, too.</summary>
    public static async Task<bool> HasEndedAsync(Session session, Guid job, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select 1 from jobs.job_view where id = $1 and status in ('pending', 'running')",
                row => row.GetInt32(0),
                cancel,
                job
            )
        ).Count == 0;

    /// <summary>How far some jobs are.</summary>
    /// <param name="session">A worker session: they may be of any workspaces.</param>
    /// <param name="jobs">Their ids.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static Task<List<(Guid Id, JobNow Now)>> NowAsync(Session session, Guid[] jobs, CancellationToken cancel) =>
        session.QueryAsync(
            // Asked twice a second: so each queue is numbered once, however many of its jobs are asked for.
            """
            with asked as (select * from jobs.job_view where id = any($1)),
            queued as (
                select id, row_number() over (partition by workspace_id order by created_at, id) as position
                from jobs.job_view
                where status = 'pending' and workspace_id in (select workspace_id from asked where status = 'pending')
            )
            select v.id, v.status, v.stage, v.chunks_done, v.chunks, v.segments_encoded, v.segments, v.run_chunks,
                v.run_audio_ms, extract(epoch from now() - v.started_at)::float8, q.position
            from asked v left join queued q on q.id = v.id
            """,
            Read,
            cancel,
            jobs
        );

    /// <summary>
    /// A workspace's jobs that run, of which there are as many as it has places, and the first of those that wait. Neither
    /// half looks at jobs of the past.
    /// </summary>
    /// <param name="session">A worker session.</param>
    /// <param name="workspace">Whose.</param>
    /// <param name="waiting">How many of those that wait at most.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static Task<List<Guid>> UnderwayAsync(
        Session session,
        Guid workspace,
        int waiting,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            """
            select job_id from jobs.places where workspace_id = $1
            union all
            (select id from jobs.job_view
             where workspace_id = $1 and status = 'pending' order by created_at, id limit $2)
            """,
            row => row.GetGuid(0),
            cancel,
            workspace,
            waiting
        );

    private static (Guid, JobNow) Read(NpgsqlDataReader row)
    {
        var (id, status) = (row.GetGuid(0), row.GetString(1));
        var (chunksDone, chunks) = (row.GetInt32(3), row.GetInt32(4));
        var pace = RunPace.Of(status, row.IsDBNull(9) ? 0 : row.GetDouble(9), row.GetInt32(7), row.GetInt64(8));
        var now = new JobNow(
            PublicId.Format(Prefix, id),
            status,
            row.GetString(2),
            JobProgress.PercentOf(status, chunksDone, chunks, row.GetInt32(5), row.GetInt32(6)),
            row.IsDBNull(10) ? null : (int)row.GetInt64(10),
            pace.RealTimeFactor,
            pace.SecondsLeft(chunks - chunksDone)
        );
        return (id, now);
    }
}
