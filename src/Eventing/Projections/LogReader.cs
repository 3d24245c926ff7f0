using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// Reads the log in order and misses nothing. Numbers are drawn before their transactions commit, so a reader that just
/// asks for <c>seq &gt; last</c> passes over rows that become visible later. This one first reads the head, then draws a
/// transaction id as a fence: every transaction that drew a number up to the head had its id by then (it wrote the
/// stream's row first), so once no transaction below the fence runs any more, all rows up to the head are final.
/// </summary>
internal sealed class LogReader(EventStore store)
{
    private long _final;

    /// <summary>Waits until everything up to the head of now is final, and returns that head.</summary>
    public async Task<long> FinalHeadAsync(CancellationToken stop)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        var head = (long)(await ScalarAsync(connection, "select coalesce(max(seq), 0) from eventing.events", stop))!;
        if (head <= _final)
            return _final;
        var fence = (string)(await ScalarAsync(connection, "select pg_current_xact_id()::text", stop))!;
        var delay = TimeSpan.FromMilliseconds(0.5);
        while (
            !(bool)
                (
                    await ScalarAsync(
                        connection,
                        "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8",
                        stop,
                        fence
                    )
                )!
        )
        {
            await Task.Delay(delay, stop);
            delay = TimeSpan.FromMilliseconds(Math.Min(delay.TotalMilliseconds * 2, 50));
        }

        return _final = Math.Max(_final, head);
    }

    /// <summary>The events of some stored types behind a position, up to a final head.</summary>
    public static async Task<List<StoredEvent>> ReadAsync(
        NpgsqlConnection connection,
        EventTypes types,
        string[] storedTypes,
        long after,
        long upTo,
        int limit,
        CancellationToken stop
    )
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                SqlStatements.Command(
                    $"select {Columns} from eventing.events where seq > $1 and seq <= $2 and type = any($3) order by seq limit $4",
                    after,
                    upTo,
                    storedTypes,
                    limit
                ),
            },
        };
        return await ReadAllAsync(batch, types, stop);
    }

    /// <summary>One stream's events in order.</summary>
    public static async Task<List<StoredEvent>> ReadStreamAsync(
        NpgsqlConnection connection,
        EventTypes types,
        Guid stream,
        CancellationToken stop
    )
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                SqlStatements.Command(
                    $"select {Columns} from eventing.events where stream_id = $1 order by version",
                    stream
                ),
            },
        };
        return await ReadAllAsync(batch, types, stop);
    }

    internal const string Columns =
        "seq, id, stream_id, version, type, data, workspace_id, actor, correlation_id, causation_id, at";

    internal static StoredEvent Read(NpgsqlDataReader row, EventTypes types)
    {
        var type = row.GetString(4);
        return new StoredEvent(
            row.GetInt64(0),
            row.GetGuid(1),
            row.GetGuid(2),
            row.GetInt32(3),
            types.Read(type, row.GetFieldValue<byte[]>(5)),
            type,
            row.GetGuid(6),
            row.GetString(7),
            row.GetGuid(8),
            row.IsDBNull(9) ? null : row.GetGuid(9),
            row.GetFieldValue<DateTimeOffset>(10)
        );
    }

    private static async Task<List<StoredEvent>> ReadAllAsync(
        NpgsqlBatch batch,
        EventTypes types,
        CancellationToken stop
    )
    {
        await using var reader = await batch.ExecuteReaderAsync(stop);
        var events = new List<StoredEvent>();
        while (await reader.ReadAsync(stop))
            events.Add(Read(reader, types));
        return events;
    }

    private static async Task<object?> ScalarAsync(
        NpgsqlConnection connection,
        string sql,
        CancellationToken stop,
        params object?[] values
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(SqlStatements.Parameter(value));
        return await command.ExecuteScalarAsync(stop);
    }
}
