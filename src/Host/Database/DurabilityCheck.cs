using Npgsql;

namespace Lectern.Host.Database;

/// <summary>
/// Refuses a server that forgets what it acknowledged: credits and events are promised to survive a power cut, and no
/// code can keep that promise on such a server.
/// </summary>
internal static class DurabilityCheck
{
    private const string Query =
        "select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'";

    /// <summary>Reads the settings as our sessions see them.</summary>
    /// <exception cref="StartRefusedException">One of them is off; the message names it.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var off = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
            off.Add(reader.GetString(0));
        if (off.Count > 0)
        {
            throw new StartRefusedException(
                $"Postgres runs with {string.Join(" and ", off)} = off and may lose what it acknowledged: turn it on.",
                StartRefusedException.WrongSetting
            );
        }
    }
}
