namespace Lectern.Eventing;

/// <summary>How far an async projection is behind the true head of the log.</summary>
/// <param name="Name"><c>module.view</c>.</param>
/// <param name="Position">The last event that is in it.</param>
/// <param name="Events">How many events are behind that, of whatever type.</param>
/// <param name="Age">How long the oldest of those has been in the log; zero when there is none.</param>
/// <param name="IsStopped">Whether it stands at an event that it can't apply.</param>
public sealed record ProjectionLag(string Name, long Position, long Events, TimeSpan Age, bool IsStopped)
{
    /// <summary>All of them, by name. The log itself is asked, so a projector that is dead shows, too.</summary>
    public static async Task<List<ProjectionLag>> ReadAsync(EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.Empty));
        return await session.QueryAsync(
            """
            select name, position, greatest(head - position, 0), coalesce(extract(epoch from now() - oldest.at), 0)::float8,
                   error is not null
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
                row.GetBoolean(4)
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
