using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;

namespace Lectern.Activity.Live;

/// <summary>
/// Ends live connections when what they stand on ends: log-out, an expired token, a revoked key, a membership, a
/// workspace. Another host's revocations are known within a second (see ADR 11), and looked for here every half second.
/// </summary>
internal sealed partial class LiveStandings(LiveConnections connections, TimeProvider time, ILogger<LiveStandings> log)
    : PeriodicWork(Every, time, log)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.5);

    /// <inheritdoc/>
    protected override async Task DoAsync(CancellationToken stop)
    {
        // Tokens are known at once. Keys are looked up once a minute, which must not hold up the others.
        var asked = new List<(LiveConnection Connection, Task<StandingEnd?> End)>();
        foreach (var connection in connections.Open)
        {
            var end = connection.Standing.EndAsync(stop);
            if (end.IsCompletedSuccessfully)
                CloseIf(connection, end.Result);
            else
                asked.Add((connection, end.AsTask()));
        }

        foreach (var (connection, end) in asked)
            try
            {
                CloseIf(connection, await end);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogUnknown(log, e.Message); // without a database there is nothing to tell either
            }
    }

    private static void CloseIf(LiveConnection connection, StandingEnd? end)
    {
        if (end is { } how)
            connection.Close(how == StandingEnd.Expired ? LiveEnd.Expired : LiveEnd.Revoked);
    }

    [LoggerMessage(LogLevel.Warning, "Whether an API key is still good could not be found out: {Reason}")]
    private static partial void LogUnknown(ILogger log, string reason);
}
