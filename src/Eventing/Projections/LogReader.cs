using System.Diagnostics;
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
    private static readonly TimeSpan PatienceWithWriters = TimeSpan.FromSeconds(15); // ours are cut off after 10

    private long _final;

    /// <summary>Waits until everything up to the head of now is final, and returns that head.</summary>
    public async Task<long> FinalHeadAsync(CancellationToken stop)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        var (head, fence) = await HeadAndFenceAsync(connection, stop);
        if (head <= _final)
            return _final;
        var delay = TimeSpan.FromMilliseconds(0.5);
        var started = Stopwatch.GetTimestamp();
        while (!await HasPassedAsync(connection, fence, stop))
        {
            await Task.Delay(delay, stop);
            delay = TimeSpan.FromMilliseconds(Math.Min(delay.TotalMilliseconds * 2, 50));
            if (Stopwatch.GetElapsedTime(started) > PatienceWithWriters)
                throw new TimeoutException(
                    "A transaction has been writing for so long that nothing behind it can be read in order; pg_stat_activity shows it."
                );
        }

        return _final = Math.Max(_final, head);
    }

    /// <summary>Two statements of one round trip: the head must be read before the fence is drawn.</summary>
    private static async Task<(long Head, string Fence)> HeadAndFenceAsync(
        NpgsqlConnection connection,
        CancellationToken stop
    )
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                SqlStatements.Command("select coalesce(max(seq), 0) from eventing.events"),
                SqlStatements.Command("select pg_current_xact_id()::text"),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.ReadAsync(stop);
        var head = reader.GetInt64(0);
        await reader.NextResultAsync(stop);
        await reader.ReadAsync(stop);
        return (head, reader.GetString(0));
    }

    private static async Task<bool> HasPassedAsync(NpgsqlConnection connection, string fence, CancellationToken stop) =>
        (bool)
            (
                await connection.ScalarAsync(
                    "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8",
                    stop,
                    fence
                )
            )!;

    /// <summary>
    /// The events behind a position, up to a final head, without those of some stored types. A type that this program
    /// doesn't know is not left out: whoever reads it stops there.
    /// </summary>
    /// <exception cref="UnknownTypeException">An event of a newer program is among them.</exception>
    public static Task<List<StoredEvent>> ReadAsync(
        NpgsqlConnection connection,
        EventTypes types,
        string[] withoutTypes,
        long after,
        long upTo,
        int limit,
        CancellationToken stop
    ) =>
        connection.QueryAsync(
            $"select {Columns} from eventing.events where seq > $1 and seq <= $2 and type <> all($3) order by seq limit $4",
            row => Read(row, types),
            stop,
            after,
            upTo,
            withoutTypes,
            limit
        );

    /// <summary>One stream's events in order.</summary>
    public static Task<List<StoredEvent>> ReadStreamAsync(
        NpgsqlConnection connection,
        EventTypes types,
        Guid stream,
        CancellationToken stop
    ) =>
        connection.QueryAsync(
            $"select {Columns} from eventing.events where stream_id = $1 order by version",
            row => Read(row, types),
            stop,
            stream
        );

    internal const string Columns =
        "seq, id, stream_id, version, type, data, workspace_id, actor, correlation_id, causation_id, at, credential";

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
            row.GetFieldValue<DateTimeOffset>(10),
            row.IsDBNull(11) ? null : row.GetString(11)
        );
    }
}
