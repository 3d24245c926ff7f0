using System.Net.WebSockets;
using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;

namespace Lectern.Activity.Live;

/// <summary>One client that is told what happens. Events, progress and signs of life take turns in writing to it.</summary>
internal sealed class LiveConnection : IDisposable
{
    private readonly ILiveWire _wire;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _ending = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenRegistration _clientGone;
    private LiveEnd? _end;
    private long _closingSince;
    private long _writingSince; // 0 while nothing is being written
    private long _lastWrite;
    private volatile bool _isOffering;
    private bool _isOver;

    public LiveConnection(
        Caller caller,
        Standing standing,
        LiveScope scope,
        ILiveWire wire,
        TimeProvider time,
        CancellationToken clientGone
    )
    {
        (Caller, Standing, Scope, _wire, _time) = (caller, standing, scope, wire, time);
        _lastWrite = time.GetTimestamp();
        _clientGone = clientGone.Register(() => Close(LiveEnd.ClientLeft));
    }

    public Caller Caller { get; }

    public Standing Standing { get; }

    public LiveScope Scope { get; }

    /// <summary>Whether it has been told how far its jobs are; who was not is told everything at the next chance.</summary>
    public bool KnowsProgress { get; private set; }

    /// <summary>Cancelled when the connection is to end, or the client is gone.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Why it ends; the first reason counts.</summary>
    public LiveEnd End => _end ?? LiveEnd.ClientLeft;

    /// <summary>Ends it.</summary>
    public void Close(LiveEnd why)
    {
        if (Interlocked.CompareExchange(ref _end, why, null) is not null)
            return;
        Volatile.Write(ref _closingSince, _time.GetTimestamp());
        lock (_ending)
            if (!_isOver)
                _ = _closing.CancelAsync();
    }

    /// <summary>Begins.</summary>
    public Task BeginAsync() => InTurnAsync(_wire.BeginAsync);

    /// <summary>Writes some messages, and sends them.</summary>
    public Task WriteAsync(IReadOnlyList<LiveMessage> messages) => InTurnAsync(() => WriteAllAsync(messages));

    /// <summary>
    /// Tells how far jobs are as soon as what is being written is; unless that is still waiting: then all of it comes the
    /// next time.
    /// </summary>
    public void Offer(IReadOnlyList<LiveMessage> progress)
    {
        lock (_ending)
            KnowsProgress = !(_isOver || _end is not null || _isOffering);
        if (!KnowsProgress)
            return;
        _isOffering = true;
        _ = DoAsync(OfferAsync);

        async Task OfferAsync()
        {
            await _turn.WaitAsync(CancellationToken.None);
            _isOffering = false;
            if (_end is null)
                await WithTurnAsync(() => WriteAllAsync(progress));
            else
                _turn.Release();
        }
    }

    /// <summary>Shows that the connection lives, after so long a silence.</summary>
    public void BeatAfter(TimeSpan silence)
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lastWrite)) >= silence)
            TryBeat();
    }

    /// <summary>Says why it ends.</summary>
    public Task SayWhyAsync() => InTurnAsync(() => _wire.EndAsync(End));

    /// <summary>Cuts off a client that takes nothing, or doesn't leave when it is told to.</summary>
    public void CutOffAfter(TimeSpan stall, TimeSpan leave)
    {
        if (HasLasted(ref _writingSince, stall))
            Close(LiveEnd.TooSlow);
        else if (!HasLasted(ref _closingSince, leave))
            return;
        CutOff();
    }

    /// <summary>Cuts it off; not any more when it is over, since the request's place may be another's then.</summary>
    public void CutOff()
    {
        lock (_ending)
            if (!_isOver)
                _wire.Abort();
    }

    /// <summary>Nothing is written from now on.</summary>
    public async Task LeaveAsync()
    {
        await _turn.WaitAsync(CancellationToken.None); // and never given back
        lock (_ending)
            _isOver = true;
    }

    public void Dispose()
    {
        _clientGone.Dispose();
        _closing.Dispose();
        _turn.Dispose();
    }

    /// <summary>Whether this is how writing to a client fails that is gone.</summary>
    public static bool IsGone(Exception e) =>
        e is OperationCanceledException or IOException or WebSocketException or ObjectDisposedException;

    private void TryBeat()
    {
        lock (_ending)
            if (_isOver || _end is not null || !_turn.Wait(0))
                return;
        _ = DoAsync(() => WithTurnAsync(() => _wire.BeatAsync().AsTask()));
    }

    private async Task DoAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (IsGone(e))
        {
            Close(LiveEnd.ClientLeft);
        }
    }

    private async Task WriteAllAsync(IReadOnlyList<LiveMessage> messages)
    {
        foreach (var message in messages)
        {
            await _wire.WriteAsync(message);
            Volatile.Write(ref _writingSince, _time.GetTimestamp()); // slowly, but it was taken
        }

        await _wire.FlushAsync();
    }

    private async Task InTurnAsync(Func<Task> write)
    {
        await _turn.WaitAsync(CancellationToken.None);
        await WithTurnAsync(write);
    }

    private async Task WithTurnAsync(Func<Task> write)
    {
        try
        {
            Volatile.Write(ref _writingSince, _time.GetTimestamp());
            await write();
        }
        finally
        {
            Volatile.Write(ref _lastWrite, _time.GetTimestamp());
            Volatile.Write(ref _writingSince, 0);
            _turn.Release();
        }
    }

    private bool HasLasted(ref long since, TimeSpan span) =>
        Volatile.Read(ref since) is var from and not 0 && _time.GetElapsedTime(from) >= span;
}
