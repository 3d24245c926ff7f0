using Npgsql;

namespace Lectern.Eventing;

/// <summary>What a failure of the database means.</summary>
public static class DatabaseFailure
{
    /// <summary>
    /// The connection failed or the server went away, so a commit may or may not have happened: look it up, don't guess.
    /// </summary>
    public static bool IsOutcomeUnknown(Exception e) =>
        e switch
        {
            // 57P01 admin_shutdown, 57P02 crash_shutdown, 57P03 cannot_connect_now, class 08 connection exceptions,
            // 53300 too_many_connections
            PostgresException p => p.SqlState is "57P01" or "57P02" or "57P03" or "53300"
                || p.SqlState.StartsWith("08", StringComparison.Ordinal),
            NpgsqlException => true,
            IOException or TimeoutException => true,
            _ => false,
        };

    /// <summary>The statement took longer than it may, by the server's clock or by ours.</summary>
    public static bool IsTooLong(Exception e) =>
        e
            is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled }
                or NpgsqlException { InnerException: TimeoutException };

    /// <summary>
    /// Nothing is wrong with what was asked for: the database was away, busy, or chose this one to give way. Asking again
    /// may succeed.
    /// </summary>
    public static bool IsPassing(Exception e) =>
        // 57014: the statement took longer than its timeout
        IsOutcomeUnknown(e) || e is PostgresException { IsTransient: true } or PostgresException { SqlState: "57014" };
}
