using Lectern.Activity.Live;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.Tests.Host.Http.RateLimits;

namespace Lectern.Tests.Activity.Live;

/// <summary>Turns in writing to a client, and when it is cut off.</summary>
public sealed class LiveConnectionTests : IDisposable
{
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(10);

    private readonly HandMovedClock _clock = new();
    private readonly CancellationTokenSource _clientGone = new();
    private readonly Wire _wire = new();
    private readonly LiveConnection _connection;

    public LiveConnectionTests() =>
        _connection = new LiveConnection(
            new Caller(Guid.NewGuid(), Guid.NewGuid(), Role.Viewer),
            null!,
            LiveScope.OfJob(Guid.NewGuid(), Guid.NewGuid()),
            _wire,
            _clock,
            _clientGone.Token
        );

    public void Dispose()
    {
        _connection.Dispose();
        _clientGone.Dispose();
    }

    [Fact]
    public async Task Who_reads_slowly_is_not_cut_off_and_who_takes_nothing_is()
    {
        _wire.OnWrite = message =>
        {
            _clock.Pass(message == Messages[^1] ? Stall : Stall / 2);
            _connection.CutOffAfter(Stall, Stall);
            _wire.WasCutOffAt ??= _wire.IsCutOff ? message : null;
            return Task.CompletedTask;
        };

        await _connection.WriteAsync(Messages);

        _wire.WasCutOffAt.ShouldBe(Messages[^1]);
        _connection.End.ShouldBe(LiveEnd.TooSlow);
    }

    [Fact]
    public async Task Progress_gets_its_turn_though_events_never_end()
    {
        var taken = new TaskCompletionSource();
        _wire.OnWrite = _ => taken.Task;
        var first = _connection.WriteAsync([Messages[0]]);
        _connection.Offer([Messages[1]]);
        var second = _connection.WriteAsync([Messages[2]]);
        _connection.KnowsProgress.ShouldBeTrue();
        _connection.Offer([Messages[3]]);
        _connection.KnowsProgress.ShouldBeFalse(); // one waits already: then all is told the next time

        taken.SetResult();
        await Task.WhenAll(first, second);

        _wire.Written.ShouldBe(Messages[..3]);
    }

    [Fact]
    public void Who_is_gone_has_left_whatever_comes_of_it()
    {
        _clientGone.Cancel();
        _connection.Close(LiveEnd.HostStopping);

        _connection.End.ShouldBe(LiveEnd.ClientLeft);
        _connection.Closing.IsCancellationRequested.ShouldBeTrue();
    }

    private static readonly LiveMessage[] Messages =
    [
        .. Enumerable.Range(0, 5).Select(_ => LiveMessage.Of(LiveEnd.Flood)),
    ];

    private sealed class Wire : ILiveWire
    {
        public Func<LiveMessage, Task> OnWrite { get; set; } = _ => Task.CompletedTask;

        public List<LiveMessage> Written { get; } = [];

        public bool IsCutOff { get; private set; }

        public LiveMessage? WasCutOffAt { get; set; }

        public Task BeginAsync() => Task.CompletedTask;

        public async ValueTask WriteAsync(LiveMessage message)
        {
            Written.Add(message);
            await OnWrite(message);
        }

        public ValueTask FlushAsync() => ValueTask.CompletedTask;

        public ValueTask BeatAsync() => ValueTask.CompletedTask;

        public Task EndAsync(LiveEnd end) => Task.CompletedTask;

        public void Abort() => IsCutOff = true;
    }
}
