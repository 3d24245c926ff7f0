using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// This process among the others that share the queue: it holds an advisory lock for as long as it lives, renews the
/// leases of the messages at work, sweeps up after hosts that died, tells other hosts of new work, and hears from them.
/// There is no leader: every host does all of it.
/// </summary>
internal sealed partial class HostPresence(EventStore store, MessageQueue queue, ILogger<HostPresence> log)
    : BackgroundService
{
    public const int LockClass = 0x4c656374;
    private const string Channel = "lectern";
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgetCommitsEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(5);

    private readonly TaskCompletionSource<int> _number = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<(Guid Message, int Generation), CancellationTokenSource> _leases = [];

    /// <summary>This host's number, once it is known to the database.</summary>
    public Task<int> NumberAsync(CancellationToken stop) => _number.Task.WaitAsync(stop);

    /// <summary>Keeps a lease alive; the token ends when it was lost, or the host stops for good.</summary>
    public CancellationToken Hold(ClaimedMessage message, CancellationToken stop)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _leases[(message.Id, message.Generation)] = source;
        return source.Token;
    }

    public void Release(ClaimedMessage message)
    {
        if (_leases.TryRemove((message.Id, message.Generation), out var source))
            source.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(ReconnectingAsync(KeepAsync, stoppingToken), ReconnectingAsync(ListenAsync, stoppingToken));

    /// <summary>The lock comes before the first sweep, so a host never sweeps up its own leases.</summary>
    private async Task KeepAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        if (!_number.Task.IsCompleted)
            _number.SetResult(
                (int)(await connection.ScalarAsync("select nextval('eventing.host_numbers')::int", stop))!
            );
        var number = await _number.Task;
        // Shared, so that a dead connection which the server still believes in can't keep the next one out.
        await connection.ScalarAsync($"select pg_advisory_lock_shared({LockClass}, {number})", stop);

        int[] missing = [],
            missingTwice = [];
        Every sweep = new(SweepEvery),
            renew = new(store.Model.Lease / 6),
            forget = new(ForgetCommitsEvery);
        while (true)
        {
            if (renew.IsDue())
                await RenewAsync(connection, stop);
            if (sweep.IsDue())
            {
                (var lanes, var missingNow) = await MessageQueue.SweepAsync(connection, missingTwice, stop);
                missingTwice = [.. missingNow.Intersect(missing)];
                missing = missingNow;
                foreach (var lane in lanes)
                    store.Wakeups.Wake(lane);
            }

            if (forget.IsDue())
                await connection.ScalarAsync(
                    "delete from eventing.commits where at < now() - interval '10 minutes'",
                    stop
                );

            var wait = renew.Interval < SweepEvery ? renew.Interval : SweepEvery;
            if (await store.Wakeups.Telling.WaitAsync(wait, stop))
            {
                await Task.Delay(TellEvery, stop); // a notification in each commit would make the commits queue up
                var names = string.Join(',', store.Wakeups.TakeUntold());
                await connection.ScalarAsync("select pg_notify($1, $2)", stop, Channel, $"{number}:{names}");
            }
        }
    }

    private async Task RenewAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        var leases = _leases.Keys;
        if (leases.Count == 0)
            return;
        var held = await queue.RenewAsync(connection, [.. leases], stop);
        foreach (var lease in leases)
        {
            if (held.Contains(lease) || !_leases.TryGetValue(lease, out var source))
                continue;
            try
            {
                _ = source.CancelAsync(); // what a handler does about it must not hold up the other leases
            }
            catch (ObjectDisposedException)
            {
                // the handler has just ended by itself
            }
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        var self = $"{await NumberAsync(stop)}:";
        connection.Notification += (_, note) =>
        {
            if (note.Payload.StartsWith(self, StringComparison.Ordinal))
                return;
            foreach (var name in note.Payload[(note.Payload.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(','))
                store.Wakeups.Wake(name);
        };
        await connection.ScalarAsync($"listen {Channel}", stop);
        store.Wakeups.WakeAll(); // whatever was said while nobody listened
        while (true)
            await connection.WaitAsync(stop);
    }

    private async Task ReconnectingAsync(Func<NpgsqlConnection, CancellationToken, Task> use, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await store.Presence.OpenConnectionAsync(stop);
                await use(connection, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogConnectionLost(log, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(500), stop)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Something to do at intervals. Measured by a clock that nobody can set back.</summary>
    private sealed class Every(TimeSpan interval)
    {
        private long? _last;

        public TimeSpan Interval => interval;

        public bool IsDue()
        {
            if (_last is { } last && Stopwatch.GetElapsedTime(last) < interval)
                return false;
            _last = Stopwatch.GetTimestamp();
            return true;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Lost the connection to the database ({Reason}); connecting again.")]
    private static partial void LogConnectionLost(ILogger log, string reason);
}
