using Npgsql;
using NpgsqlTypes;

namespace Lectern.Eventing;

/// <summary>
/// Statements that run in order in one round trip. Parameters are positional (<c>$1</c>), so that the text goes to
/// Postgres as it stands here and is prepared once per connection.
/// </summary>
public sealed class SqlStatements
{
    private readonly List<(string Sql, object?[] Values)> _statements = [];

    /// <summary>How many statements there are.</summary>
    public int Count => _statements.Count;

    /// <summary>Adds a statement.</summary>
    public void Add(string sql, params object?[] values) => _statements.Add((sql, values));

    internal void AppendTo(NpgsqlBatch batch)
    {
        foreach (var (sql, values) in _statements)
            batch.BatchCommands.Add(Command(sql, values));
    }

    internal static NpgsqlBatchCommand Command(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(Parameter(value));
        return command;
    }

    internal static NpgsqlParameter Parameter(object? value) =>
        value switch
        {
            null => new NpgsqlParameter { Value = DBNull.Value },
            Typed typed => new NpgsqlParameter { Value = typed.Value ?? DBNull.Value, NpgsqlDbType = typed.Type },
            Jsonb json => new NpgsqlParameter { Value = json.Utf8, NpgsqlDbType = NpgsqlDbType.Jsonb },
            _ => new NpgsqlParameter { Value = value },
        };
}

/// <summary>A parameter of type jsonb.</summary>
/// <param name="Utf8">JSON text in UTF-8.</param>
public readonly record struct Jsonb(byte[] Utf8);

/// <summary>
/// A parameter that may be null and has its type all the same. A bare null has none, and a statement that is prepared
/// for one set of types is parsed anew for another.
/// </summary>
/// <param name="Value">The value or null.</param>
/// <param name="Type">Its type.</param>
public readonly record struct Typed(object? Value, NpgsqlDbType Type)
{
    /// <summary>A uuid or null.</summary>
    public static Typed Uuid(Guid? value) => new(value, NpgsqlDbType.Uuid);

    /// <summary>A text or null.</summary>
    public static Typed Text(string? value) => new(value, NpgsqlDbType.Text);

    /// <summary>An int or null.</summary>
    public static Typed Int(int? value) => new(value, NpgsqlDbType.Integer);
}

internal static class SingleStatements
{
    public static async Task<object?> ScalarAsync(
        this NpgsqlConnection connection,
        string sql,
        CancellationToken cancel,
        params object?[] values
    )
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteScalarAsync(cancel);
    }

    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection,
        string sql,
        CancellationToken cancel,
        params object?[] values
    )
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection,
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancel,
        params object?[] values
    )
    {
        await using var command = Command(connection, sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel))
            rows.Add(read(reader));
        return rows;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(SqlStatements.Parameter(value));
        return command;
    }
}
