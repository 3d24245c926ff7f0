using System.Text.Json;

namespace Lectern.Eventing;

/// <summary>An event of a stream as it is stored: its data are in the version that its type names.</summary>
public sealed record RecordedEvent(
    Guid Id,
    int Version,
    string Type,
    JsonElement Data,
    string Actor,
    Guid Correlation,
    Guid? Causation,
    string? Traceparent,
    DateTimeOffset At
);

/// <summary>Looks back into a stream, as far as the session sees it. For showing and checking; nothing decides by it.</summary>
public static class StreamHistory
{
    internal const string Columns = "id, version, type, data, actor, correlation_id, causation_id, traceparent, at";

    /// <summary>Events between two versions, in order.</summary>
    /// <param name="session">Sees the stream, or nothing is found.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="after">The version before the first.</param>
    /// <param name="upTo">The version of the last at most.</param>
    /// <param name="type">Only those of this stored name; null for all.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancel">Ends the reading.</param>
    public static Task<List<RecordedEvent>> ReadRecordedAsync(
        this Session session,
        Guid stream,
        int after,
        int upTo,
        string? type,
        int limit,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            $"""
            select {Columns} from eventing.events
            where stream_id = $1 and version > $2 and version <= $3 and ($4::text is null or type = $4)
            order by version limit $5
            """,
            Read,
            cancel,
            stream,
            after,
            upTo,
            Typed.Text(type),
            limit
        );

    /// <summary>
    /// The last version before the first event that bears a later time; 0 when even the first one does. Times are those
    /// of the database, and of transactions' starts: a later version can bear an earlier time. By this rule nothing that
    /// bears a later time is ever in what was, and of two times the later one never has less.
    /// </summary>
    public static async Task<int> VersionAtAsync(
        this Session session,
        Guid stream,
        DateTimeOffset time,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync(
                """
                select coalesce(
                    (select min(version) from eventing.events where stream_id = $1 and at > $2) - 1,
                    (select version from eventing.streams where id = $1), 0)
                """,
                row => row.GetInt32(0),
                cancel,
                stream,
                time.ToUniversalTime()
            )
        ).Single();

    /// <summary>A state as snapshots are stored.</summary>
    public static JsonElement JsonOf<TState>(this Session session, TState state)
        where TState : notnull => JsonElement.Parse(session.Store.StreamTypeOf<TState>().Write(state));

    internal static RecordedEvent Read(Npgsql.NpgsqlDataReader row) =>
        new(
            row.GetGuid(0),
            row.GetInt32(1),
            row.GetString(2),
            JsonElement.Parse(row.GetFieldValue<byte[]>(3)),
            row.GetString(4),
            row.GetGuid(5),
            row.IsDBNull(6) ? null : row.GetGuid(6),
            row.IsDBNull(7) ? null : row.GetString(7),
            row.GetFieldValue<DateTimeOffset>(8)
        );
}
