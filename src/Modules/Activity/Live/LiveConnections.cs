using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Lectern.SharedKernel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Live;

/// <summary>
/// The live connections of this host: how many there may be, and whether each client still listens. It looks every half
/// second, and closes all when the host stops.
/// </summary>
internal sealed class LiveConnections : PeriodicWork
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan PatienceWithLeaving = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<LiveConnection, bool> _open = new();
    private readonly Dictionary<Guid, int> _counts = []; // of callers and of workspaces
    private readonly LiveSettings _settings;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly Meter _meter = new("Lectern.Live");
    private readonly Counter<long> _closed;

    public LiveConnections(
        IOptions<LiveSettings> settings,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<LiveConnections> log
    )
        : base(Every, time, log)
    {
        _settings = settings.Value;
        _lifetime = lifetime;
        lifetime.ApplicationStopping.Register(CloseAll);
        _meter.CreateObservableGauge("lectern.live.connections", () => _open.Count);
        _closed = _meter.CreateCounter<long>("lectern.live.closed");
    }

    /// <summary>How many there are.</summary>
    public int Count => _open.Count;

    /// <summary>Takes a place for a caller; null if there is one, else why not.</summary>
    public Problem? Enter(Caller caller)
    {
        var who = WhoOf(caller);
        lock (_counts)
        {
            if (_counts.GetValueOrDefault(who) >= _settings.ConnectionsPerCaller)
                return ActivityProblems.TooManyConnections.With(
                    $"There are {_settings.ConnectionsPerCaller} of yours already."
                ) with
                {
                    RetryAfter = TimeSpan.FromSeconds(10),
                };
            if (_counts.GetValueOrDefault(caller.Workspace) >= _settings.ConnectionsPerWorkspace)
                return ActivityProblems.TooManyConnections.With(
                    $"There are {_settings.ConnectionsPerWorkspace} of the workspace already."
                ) with
                {
                    RetryAfter = TimeSpan.FromSeconds(10),
                };
            _counts[who] = _counts.GetValueOrDefault(who) + 1;
            _counts[caller.Workspace] = _counts.GetValueOrDefault(caller.Workspace) + 1;
        }

        return null;
    }

    /// <summary>Gives the place back.</summary>
    public void Leave(Caller caller)
    {
        lock (_counts)
            foreach (var key in (ReadOnlySpan<Guid>)[WhoOf(caller), caller.Workspace])
                if (--_counts[key] == 0)
                    _counts.Remove(key);
    }

    /// <summary>Watches over a connection from now on.</summary>
    public void Add(LiveConnection connection)
    {
        _open[connection] = true;
        if (_lifetime.ApplicationStopping.IsCancellationRequested)
            connection.Close(LiveEnd.HostStopping);
    }

    /// <summary>It has ended.</summary>
    public void Remove(LiveConnection connection)
    {
        _open.TryRemove(connection, out _);
        _closed.Add(1, new KeyValuePair<string, object?>("reason", connection.End.Reason));
    }

    /// <summary>Those that are open now.</summary>
    public IEnumerable<LiveConnection> Open => _open.Select(open => open.Key);

    /// <inheritdoc/>
    protected override Task DoAsync(CancellationToken stop)
    {
        foreach (var connection in Open)
        {
            connection.CutOffAfter(TimeSpan.FromSeconds(_settings.StallSeconds), PatienceWithLeaving);
            connection.BeatAfter(TimeSpan.FromSeconds(_settings.HeartbeatSeconds));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <summary>The host does not wait for clients that don't leave.</summary>
    private void CloseAll()
    {
        foreach (var connection in Open)
            connection.Close(LiveEnd.HostStopping);
        _ = AbortAsync();

        async Task AbortAsync()
        {
            await Task.Delay(PatienceWithLeaving, Time);
            foreach (var connection in Open)
                connection.CutOff();
        }
    }

    private static Guid WhoOf(Caller caller) => caller.ApiKey?.Id ?? caller.Person;
}
