using System.Data;
using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>What a replay made, beside what is live: all of it as of one moment of the database.</summary>
internal sealed class ScratchComparison(EventStore store, NpgsqlConnection connection)
{
    public async Task<Replayed> CompareAsync<TState>(
        List<ProjectedTable> tables,
        IReadOnlyList<StoredEvent> events,
        byte[] state,
        CancellationToken cancel
    )
        where TState : notnull
    {
        await using var moment = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        var live = await LiveAsync<TState>(events[0].Stream, events.Count, cancel);
        var made = new List<ReplayedTable>();
        foreach (var table in tables)
            made.Add(await CompareAsync(table, events[0].Stream, cancel));
        return new Replayed(JsonElement.Parse(state), made, live);
    }

    private async Task<LiveStream?> LiveAsync<TState>(Guid stream, int upTo, CancellationToken cancel)
        where TState : notnull
    {
        if (
            await connection.ScalarAsync("select version from eventing.streams where id = $1", cancel, stream)
            is not int version
        )
            return null;
        var events = await connection.QueryAsync(
            $"select {StreamHistory.Columns} from eventing.events where stream_id = $1 and version <= $2 order by version",
            StreamHistory.Read,
            cancel,
            stream,
            upTo
        );
        var type = store.StreamTypeOf<TState>();
        var state = events.Aggregate(
            type.Initial,
            (before, e) =>
                type.Evolve(before, store.Model.EventTypes.Read(e.Type, JsonMarshal.GetRawUtf8Value(e.Data).ToArray()))
        );
        return new LiveStream(version, events, JsonElement.Parse(type.Write(state)));
    }

    private async Task<ReplayedTable> CompareAsync(ProjectedTable table, Guid stream, CancellationToken cancel)
    {
        var key = $"jsonb_build_array({string.Join(", ", table.Key.Select(column => $"t.{column}"))})";
        var shown = table.Columns is { } columns
            ? $"jsonb_build_object({string.Join(", ", columns.Select(column => $"'{column}', t.{column}"))})"
            : "to_jsonb(t)";
        var rows = await connection.QueryAsync(
            $"select {shown}, count(*) over () from {table.Scratch} t order by {key} limit {ScratchReplay.Shown}",
            row => (Row: Json(row, 0)!.Value, Count: row.GetInt64(1)),
            cancel
        );
        var differences = await connection.QueryAsync(
            $"""
            select coalesce(made.key, live.key), live.shown, made.shown, count(*) over ()
            from (select {key} as key, {shown} as shown from {table.Scratch} t) made
            full join (select {key} as key, {shown} as shown from {table.Name} t where {table.Stream} = $1) live
                on made.key = live.key
            where made.shown is distinct from live.shown order by 1 limit {ScratchReplay.Shown}
            """,
            row => (Row: new DifferentRow(Json(row, 0)!.Value, Json(row, 1), Json(row, 2)), Count: row.GetInt64(3)),
            cancel,
            stream
        );
        return new ReplayedTable(
            table.Name,
            rows.Count > 0 ? rows[0].Count : 0,
            [.. rows.Select(row => row.Row)],
            differences.Count > 0 ? differences[0].Count : 0,
            [.. differences.Select(row => row.Row)]
        );
    }

    private static JsonElement? Json(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : JsonElement.Parse(row.GetFieldValue<byte[]>(column));
}
