using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// This process among the others that share the queue: it holds an advisory lock for as long as it lives, renews the
/// leases of the messages at work, sweeps up after hosts that died, tells other hosts of new work, and hears from them.
/// There is no leader: every host does all of it.
/// </summary>
internal sealed partial class HostPresence(EventStore store, ILogger<HostPresence> log) : BackgroundService
{
    public const int LockClass = 0x4c656374;
    private const string Channel = "lectern";
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(5);

    private readonly TaskCompletionSource<int> _number = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, CancellationTokenSource> _leases = [];

    /// <summary>This host's number, once it is known to the database.</summary>
    public Task<int> NumberAsync(CancellationToken stop) => _number.Task.WaitAsync(stop);

    /// <summary>Keeps a lease alive; the token ends when it was lost, or the host stops for good.</summary>
    public CancellationToken Hold(ClaimedMessage message, CancellationToken stop)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _leases[message.Id] = source;
        return source.Token;
    }

    public void Release(ClaimedMessage message)
    {
        if (_leases.TryRemove(message.Id, out var source))
            source.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(ReconnectingAsync(KeepAsync, stoppingToken), ReconnectingAsync(ListenAsync, stoppingToken));

    /// <summary>The lock comes before the first sweep, so a host never sweeps up its own leases.</summary>
    private async Task KeepAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        if (!_number.Task.IsCompleted)
            _number.SetResult(
                (int)(await ScalarAsync(connection, "select nextval('eventing.host_numbers')::int", stop))!
            );
        var number = await _number.Task;
        await ScalarAsync(connection, $"select pg_advisory_lock({LockClass}, {number})", stop);

        DateTimeOffset swept = default,
            renewed = default;
        while (true)
        {
            var now = DateTimeOffset.UtcNow;
            if (now - renewed >= RenewEvery)
            {
                await RenewAsync(connection, number, stop);
                renewed = now;
            }

            if (now - swept >= SweepEvery)
            {
                foreach (var lane in (await MessageQueue.SweepAsync(connection, stop)).Distinct())
                    store.Wakeups.Wake(lane);
                swept = now;
            }

            if (await store.Wakeups.Telling.WaitAsync(SweepEvery, stop))
            {
                await Task.Delay(TellEvery, stop); // a notification in each commit would make the commits queue up
                var names = string.Join(',', store.Wakeups.TakeUntold());
                await ScalarAsync(connection, $"select pg_notify('{Channel}', '{number}:{names}')", stop);
            }
        }
    }

    private async Task RenewAsync(NpgsqlConnection connection, int number, CancellationToken stop)
    {
        var messages = _leases.Keys.ToArray();
        if (messages.Length == 0)
            return;
        var held = await MessageQueue.RenewAsync(connection, number, messages, stop);
        foreach (var message in messages)
            if (!held.Contains(message) && _leases.TryGetValue(message, out var source))
                await source.CancelAsync();
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
        await ScalarAsync(connection, $"listen {Channel}", stop);
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
                await using var connection = await store.Worker.OpenConnectionAsync(stop);
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

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(stop);
    }

    [LoggerMessage(LogLevel.Warning, "Lost the connection to the database ({Reason}); connecting again.")]
    private static partial void LogConnectionLost(ILogger log, string reason);
}
