using Npgsql;

namespace Lectern.Tests.Postgres;

/// <summary>What tests ask a database, as the user of the connection: mostly its owner, past row security.</summary>
internal static class Sql
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The first column of the first row, which there must be.</summary>
    public static async Task<T> ScalarAsync<T>(this NpgsqlDataSource database, string sql, params object[] values)
    {
        await using var command = database.Command(sql, values);
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    /// <summary>The first column of the first row, unless it is null or there is none.</summary>
    public static async Task<T?> FindAsync<T>(this NpgsqlDataSource database, string sql, params object[] values)
    {
        await using var command = database.Command(sql, values);
        return await command.ExecuteScalarAsync(Cancel) is T found ? found : default;
    }

    /// <summary>Gives how many rows it was done to.</summary>
    public static async Task<int> ExecuteAsync(this NpgsqlDataSource database, string sql, params object[] values)
    {
        await using var command = database.Command(sql, values);
        return await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>The rows of a query as JSON texts.</summary>
    public static Task<List<string>> RowsAsync(this NpgsqlDataSource database, string query) =>
        database.TextsAsync($"select row_to_json(t)::text from ({query}) t");

    /// <summary>The first column, a text, of every row.</summary>
    public static async Task<List<string>> TextsAsync(
        this NpgsqlDataSource database,
        string sql,
        params object[] values
    )
    {
        await using var command = database.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var texts = new List<string>();
        while (await reader.ReadAsync(Cancel))
            texts.Add(reader.GetString(0));
        return texts;
    }

    private static NpgsqlCommand Command(this NpgsqlDataSource database, string sql, object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        return command;
    }
}
