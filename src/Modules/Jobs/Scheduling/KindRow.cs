using Npgsql;

namespace Lectern.Jobs.Scheduling;

/// <summary>What has not ended of one kind.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Pending">Jobs that wait for a place.</param>
/// <param name="Running">Jobs at work.</param>
/// <param name="OldestPendingSeconds">How long the oldest waits; 0 when none does.</param>
internal sealed record KindRow(string Kind, long Pending, long Running, double OldestPendingSeconds)
{
    /// <summary>The jobs that have not ended. A running one has a place, so neither half looks at jobs of the past.</summary>
    public const string Live = """
        select workspace_id, kind, created_at, true as pending from jobs.job_view where status = 'pending'
        union all
        select p.workspace_id, v.kind, v.created_at, false from jobs.places p join jobs.job_view v on v.id = p.job_id
        """;

    /// <summary>The columns; to be grouped by kind.</summary>
    public const string Select = $"""
        select kind, count(*) filter (where pending), count(*) filter (where not pending),
               coalesce(extract(epoch from now() - min(created_at) filter (where pending)), 0)::float8
        from ({Live}) live
        """;

    public static KindRow Read(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetInt64(1), row.GetInt64(2), Math.Round(row.GetDouble(3), 3));
}
