namespace Lectern.Eventing;

/// <summary>How far a projection or subscription is behind the true head of the log.</summary>
/// <param name="Name"><c>module.view</c>.</param>
/// <param name="Position">The last event that is in it.</param>
/// <param name="Events">How many events are behind that, of whatever type.</param>
/// <param name="Age">How long the oldest of those has been in the log; zero when there is none.</param>
/// <param name="Error">Why it stands at an event that it can't apply; null when it doesn't.</param>
public sealed record ProjectionLag(string Name, long Position, long Events, TimeSpan Age, string? Error)
{
    /// <summary>Whether it stands at an event that it can't apply.</summary>
    public bool IsStopped => Error is not null;

    /// <summary>All of them, by name. The log itself is asked, so a projector that is dead shows, too.</summary>
    public static async Task<List<ProjectionLag>> ReadAsync(EventStore store, CancellationToken cancel)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(cancel);
        return await connection.QueryAsync(
            """
            select name, position, greatest(head - position, 0), coalesce(extract(epoch from now() - oldest.at), 0)::float8,
                   error
            from eventing.projections
            cross join (select coalesce(max(seq), 0) from eventing.events) log (head)
            left join lateral (
                select at from eventing.events where seq > position order by seq limit 1) oldest on true
            where name = any ($1)
            order by name
            """,
            row => new ProjectionLag(
                row.GetString(0),
                row.GetInt64(1),
                row.GetInt64(2),
                TimeSpan.FromSeconds(Math.Max(0, row.GetDouble(3))),
                row.IsDBNull(4) ? null : row.GetString(4)
            ),
            cancel,
            (object)
                store
                    .Model.AsyncProjections.Concat<LogFollower>(store.Model.Subscriptions)
                    .Select(follower => follower.Name)
                    .ToArray()
        );
    }
}
