using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Eventing;

/// <summary>
/// Tells those who listen what is appended to the log, in its order, as soon as it is final: the log is read once for all
/// of them, however many they are, and not at all while nobody listens. Who joins learns from which position on it is
/// told, and reads what was before by <see cref="Session.ReadLogAsync"/>: so nothing is missed and nothing comes twice.
/// </summary>
public sealed partial class LogTail(EventStore store, ILogger<LogTail> log) : BackgroundService
{
    private const int PageSize = 1000;
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(500);

    private readonly LogReader _reader = new(store);
    private readonly Lock _changing = new();
    private ImmutableDictionary<Guid, ImmutableArray<TailListener>> _listeners = ImmutableDictionary<
        Guid,
        ImmutableArray<TailListener>
    >.Empty;
    private List<TailListener> _joining = [];
    private TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasEnded;
    private long _position; // kept from round to round, also from one that broke off: what was told is not told again

    /// <summary>How many listen.</summary>
    public int Listeners => Volatile.Read(ref _listeners).Values.Sum(listeners => listeners.Length);

    /// <summary>Joins. Dispose the listener to leave.</summary>
    /// <param name="workspace">Whose events are told.</param>
    /// <param name="stream">Only this stream's; null for all of the workspace.</param>
    /// <param name="wants">Of these, only those; asked as they are told, so it must be quick. Null for all.</param>
    /// <param name="capacity">So many events may wait for the listener; one more, and it is dropped as too slow.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The host stops.</exception>
    public async Task<TailListener> JoinAsync(
        Guid workspace,
        Guid? stream,
        Func<StoredEvent, bool>? wants,
        int capacity,
        CancellationToken cancel
    )
    {
        var listener = new TailListener(this, workspace, stream, wants, capacity);
        lock (_changing)
        {
            if (_hasEnded)
                listener.NeverStart();
            else
                _joining.Add(listener);
            _joined.TrySetResult();
        }

        try
        {
            await listener.Started.WaitAsync(cancel);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    internal void Leave(TailListener listener)
    {
        lock (_changing)
        {
            listener.HasLeft = true;
            _joining.Remove(listener);
            if (!_listeners.TryGetValue(listener.Workspace, out var of))
                return;
            var left = of.Remove(listener);
            _listeners = left.IsEmpty
                ? _listeners.Remove(listener.Workspace)
                : _listeners.SetItem(listener.Workspace, left);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var appended = store.Wakeups.NextAppend();
                var joined = TakeJoining(out var joining);
                if (joining.Count == 0 && _listeners.IsEmpty)
                {
                    await joined.WaitAsync(stoppingToken);
                    continue;
                }

                await TellAsync(joining, stoppingToken);
                await Task.WhenAny(appended, joined, Task.Delay(PollEvery, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                LogPaused(log, e.Message); // the database is away; whoever listens is told the rest afterwards
                await Task.Delay(PollEvery, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        List<TailListener> waiting;
        lock (_changing)
        {
            _hasEnded = true;
            waiting = _joining;
        }

        foreach (var listener in waiting)
            listener.NeverStart();
        foreach (var listener in _listeners.Values.SelectMany(of => of))
            listener.End(null);
    }

    /// <summary>Those who are here are told what is new; those who join begin behind it.</summary>
    private async Task TellAsync(List<TailListener> joining, CancellationToken stop)
    {
        try
        {
            var head = await _reader.FinalHeadAsync(stop);
            if (_listeners.IsEmpty)
                _position = head; // nobody has been told anything that must be gone on from
            while (_position < head)
            {
                var (events, reached) = await ReadAsync([.. _listeners.Keys], _position, head, stop);
                foreach (var stored in events)
                    if (_listeners.TryGetValue(stored.Workspace, out var listeners))
                        foreach (var listener in listeners)
                            listener.Tell(stored);
                _position = reached;
            }
        }
        catch
        {
            lock (_changing)
                _joining.AddRange(joining); // they are still waiting
            throw;
        }

        lock (_changing)
            foreach (var listener in joining.Where(listener => !listener.HasLeft))
                _listeners = _listeners.SetItem(
                    listener.Workspace,
                    _listeners.GetValueOrDefault(listener.Workspace, []).Add(listener)
                );
        foreach (var listener in joining)
            listener.Start(_position);
    }

    /// <summary>An event of a newer program is passed over: nobody here could say what it means.</summary>
    private async Task<(List<StoredEvent> Events, long Reached)> ReadAsync(
        Guid[] workspaces,
        long after,
        long head,
        CancellationToken stop
    )
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        var events = await connection.QueryAsync(
            $"""
            select {LogReader.Columns} from eventing.events
            where seq > $1 and seq <= $2 and workspace_id = any($3) and type = any($4) order by seq limit $5
            """,
            row => LogReader.Read(row, store.Model.EventTypes),
            stop,
            after,
            head,
            workspaces,
            store.Model.EventTypes.ReadableNames,
            PageSize
        );
        return (events, events.Count == PageSize ? events[^1].Seq : head);
    }

    private Task TakeJoining(out List<TailListener> joining)
    {
        lock (_changing)
        {
            (joining, _joining) = (_joining, []);
            if (_joined.Task.IsCompleted)
                _joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _joined.Task;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Live updates pause: {Reason}")]
    private static partial void LogPaused(ILogger log, string reason);
}

/// <summary>Somebody who is told what is appended.</summary>
public sealed class TailListener : IDisposable
{
    private readonly LogTail _tail;
    private readonly Guid? _stream;
    private readonly Func<StoredEvent, bool>? _wants;
    private readonly Channel<StoredEvent> _told;
    private readonly TaskCompletionSource<long> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal TailListener(LogTail tail, Guid workspace, Guid? stream, Func<StoredEvent, bool>? wants, int capacity)
    {
        _tail = tail;
        Workspace = workspace;
        _stream = stream;
        _wants = wants;
        _told = Channel.CreateBounded<StoredEvent>(new BoundedChannelOptions(capacity) { SingleReader = true });
    }

    /// <summary>Events up to this place in the log were there before; those behind it are told.</summary>
    public long From { get; private set; }

    /// <summary>
    /// The events in the log's order. It completes when the host stops, and with <see cref="TooSlowException"/> when too
    /// many were waiting; what is waiting is still given first.
    /// </summary>
    public ChannelReader<StoredEvent> Events => _told.Reader;

    internal Guid Workspace { get; }

    internal bool HasLeft { get; set; }

    internal Task<long> Started => _started.Task;

    internal void NeverStart() => _started.TrySetCanceled();

    internal void Start(long from)
    {
        From = from;
        _started.TrySetResult(from);
    }

    internal void Tell(StoredEvent stored)
    {
        if (
            (_stream is null || _stream == stored.Stream)
            && (_wants is null || _wants(stored))
            && !_told.Writer.TryWrite(stored)
        )
        {
            End(new TooSlowException());
            _tail.Leave(this);
        }
    }

    internal void End(Exception? why) => _told.Writer.TryComplete(why);

    /// <inheritdoc/>
    public void Dispose()
    {
        _tail.Leave(this);
        End(null);
    }
}

/// <summary>A listener took its events more slowly than they came, and is told nothing any more.</summary>
public sealed class TooSlowException() : Exception("More events are waiting than are kept for one listener.");
