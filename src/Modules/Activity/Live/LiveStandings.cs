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

    private bool _isUnknown; // said once, and again when it could be found out in between

    /// <inheritdoc/>
    protected override async Task DoAsync(CancellationToken stop)
    {
        // Of tokens it is known at once. Keys are looked up once a minute, which must not hold up the others.
        var byKey = connections.Open.ToLookup(connection => connection.Caller.ApiKey?.Id);
        foreach (var connection in byKey[null])
            CloseIf(await connection.Standing.EndAsync(stop), [connection]);
        try
        {
            foreach (var ofKey in byKey.Where(of => of.Key is not null))
                CloseIf(await ofKey.First().Standing.EndAsync(stop), ofKey);
            _isUnknown = false;
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            if (!_isUnknown)
                LogUnknown(log, e.Message); // without a database there is nothing to tell either
            _isUnknown = true;
        }
    }

    private static void CloseIf(StandingEnd? end, IEnumerable<LiveConnection> connections)
    {
        if (end is { } how)
            foreach (var connection in connections)
                connection.Close(how == StandingEnd.Expired ? LiveEnd.Expired : LiveEnd.Revoked);
    }

    [LoggerMessage(LogLevel.Warning, "Whether an API key is still good could not be found out: {Reason}")]
    private static partial void LogUnknown(ILogger log, string reason);
}
