using System.Diagnostics;
using Npgsql;

namespace Lectern.Tests.Eventing;

/// <summary>Ends connections of workers in the middle of what they do, as a crash of theirs or of the network would.</summary>
internal static class KillWorkers
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Kills one worker of a database after the other while it is at work.</summary>
    /// <param name="connectionString">The database, as somebody who may.</param>
    /// <param name="kills">How many times.</param>
    /// <param name="deadline">By when.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="TimeoutException">So many were not at work in time.</exception>
    public static async Task UntilAsync(string connectionString, int kills, TimeSpan deadline, CancellationToken cancel)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Pause);
        for (var killed = 0L; killed < kills; )
        {
            if (Stopwatch.GetElapsedTime(started) > deadline)
                throw new TimeoutException(
                    $"Of {kills} workers only {killed} were killed: they are at work too seldom."
                );
            var now = await KillAsync(database, cancel);
            if (now == 0)
                await timer.WaitForNextTickAsync(cancel);
            killed += now;
        }
    }

    /// <summary>One, or none when all of them are idle or Postgres is coming back.</summary>
    private static async Task<long> KillAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        try
        {
            await using var command = database.CreateCommand(
                """
                select count(pg_terminate_backend(pid)) from (
                    select pid from pg_stat_activity
                    where datname = current_database() and application_name = 'lectern-worker' and state <> 'idle'
                    limit 1) t
                """
            );
            return (long)(await command.ExecuteScalarAsync(cancel))!;
        }
        catch (NpgsqlException)
        {
            return 0;
        }
    }
}
