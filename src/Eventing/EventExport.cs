using System.Runtime.CompilerServices;
using System.Text.Json;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>An event as it is exported: the stored form, which needs no type of the program.</summary>
public sealed record ExportedEvent(
    long Seq,
    Guid Id,
    Guid Stream,
    int Version,
    string Type,
    JsonElement Data,
    Guid Workspace,
    string Actor,
    Guid Correlation,
    Guid? Causation,
    DateTimeOffset At,
    string? Credential
);

/// <summary>Reads the log as it is stored, up to the head at the start of the reading.</summary>
public sealed class EventExport(EventStore store)
{
    /// <summary>The events in the log's order.</summary>
    /// <param name="stream">Only this stream's; null for all.</param>
    /// <param name="cancel">Ends the reading.</param>
    public async IAsyncEnumerable<ExportedEvent> ReadAsync(
        Guid? stream,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var head = await new LogReader(store).FinalHeadAsync(cancel);
        await using var connection = await store.Owner.OpenConnectionAsync(cancel);
        // For this transaction only: the connection goes back to the pool as it came, with its owner's rights.
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var role = new NpgsqlCommand("set local role lectern_worker", connection);
        await role.ExecuteNonQueryAsync(cancel);
        await using var command = new NpgsqlCommand(
            $"select {LogReader.Columns} from eventing.events where seq <= $1 and ($2::uuid is null or stream_id = $2) order by seq",
            connection
        );
        command.Parameters.Add(SqlStatements.Parameter(head));
        command.Parameters.Add(SqlStatements.Parameter(stream));
        await using var row = await command.ExecuteReaderAsync(cancel);
        while (await row.ReadAsync(cancel))
            yield return new ExportedEvent(
                row.GetInt64(0),
                row.GetGuid(1),
                row.GetGuid(2),
                row.GetInt32(3),
                row.GetString(4),
                JsonElement.Parse(row.GetFieldValue<byte[]>(5)),
                row.GetGuid(6),
                row.GetString(7),
                row.GetGuid(8),
                await row.IsDBNullAsync(9, cancel) ? null : row.GetGuid(9),
                row.GetFieldValue<DateTimeOffset>(10),
                await row.IsDBNullAsync(11, cancel) ? null : row.GetString(11)
            );
    }
}
