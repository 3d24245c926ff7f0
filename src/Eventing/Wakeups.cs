using System.Collections.Concurrent;

namespace Lectern.Eventing;

/// <summary>
/// Tells the loops of this process that there is something to do: after a commit here, or when another host says so.
/// It only saves waiting for the next poll; nothing depends on it.
/// </summary>
public sealed class Wakeups
{
    private readonly ConcurrentDictionary<string, Signal> _lanes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _toTell = new(StringComparer.Ordinal);
    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal const string Log = "log";

    internal Signal Projector { get; } = new();

    internal Signal Telling { get; } = new();

    internal Signal Lane(string lane) => _lanes.GetOrAdd(lane, _ => new Signal());

    /// <summary>Completes when events were appended after the call, here or on another host.</summary>
    public Task NextAppend() => Volatile.Read(ref _appended).Task;

    internal void Committed(IReadOnlyCollection<string> lanes, bool appended)
    {
        foreach (var lane in lanes)
            Wake(lane);
        if (appended)
            Wake(Log);
        foreach (var lane in lanes)
            _toTell[lane] = true;
        if (appended)
            _toTell[Log] = true;
        if (lanes.Count > 0 || appended)
            Telling.Set();
    }

    /// <summary>What other hosts have not been told yet.</summary>
    internal string[] TakeUntold()
    {
        var untold = _toTell.Keys.ToArray();
        foreach (var name in untold)
            _toTell.TryRemove(name, out _);
        return untold;
    }

    internal void Wake(string name)
    {
        if (name == Log)
        {
            Projector.Set();
            Interlocked.Exchange(ref _appended, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
        else
        {
            Lane(name).Set();
        }
    }

    internal void WakeAll()
    {
        Wake(Log);
        foreach (var lane in _lanes.Values)
            lane.Set();
    }
}

/// <summary>A flag that one loop waits for; setting it twice is setting it once.</summary>
internal sealed class Signal
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);

    public void Set()
    {
        try
        {
            if (_semaphore.CurrentCount == 0)
                _semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // another thread set it in between: it is set
        }
    }

    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken stop) => _semaphore.WaitAsync(timeout, stop);
}
