using System.Diagnostics.Metrics;
using Lectern.Host.Telemetry;
using Lectern.SharedKernel.Telemetry;
using Lectern.Tests.Host.Http.RateLimits;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lectern.Tests.Host.Telemetry;

/// <summary>Gauges of rows, when the rows are there, slow, or away.</summary>
public sealed class GaugeReadingsTests : IDisposable
{
    private static readonly Gauge Depth = new("test.depth", "How deep.");

    private readonly HandMovedClock _clock = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_part_that_hangs_does_not_hold_up_the_page_and_its_gauges_are_absent()
    {
        var never = new TaskCompletionSource<double>();
        using var readings = Of(new Part("slow", () => never.Task));

        await readings.RefreshAsync(TimeSpan.FromMilliseconds(20), Cancel);

        Observed("test.depth").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_part_that_fails_is_told_and_the_others_are_shown()
    {
        using var readings = Of(
            new Part("away", () => throw new InvalidOperationException("no database")),
            new Part("there", () => Task.FromResult(7.0))
        );

        await readings.RefreshAsync(TimeSpan.FromSeconds(10), Cancel);

        Observed("test.depth").ShouldBe([("there", 7.0)]);
        Observed("lectern.gauges.readable").ShouldBe([("away", 0.0), ("there", 1.0)]);
    }

    [Fact]
    public async Task However_many_look_it_is_read_once_in_five_seconds()
    {
        var read = 0;
        using var readings = Of(new Part("counted", () => Task.FromResult((double)Interlocked.Increment(ref read))));

        await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => readings.RefreshAsync(TimeSpan.FromSeconds(10), Cancel))
        );
        _clock.Pass(TimeSpan.FromSeconds(4));
        await readings.RefreshAsync(TimeSpan.FromSeconds(10), Cancel);
        read.ShouldBe(1);
        _clock.Pass(TimeSpan.FromSeconds(2));
        await readings.RefreshAsync(TimeSpan.FromSeconds(10), Cancel);

        read.ShouldBe(2);
        Observed("test.depth").ShouldBe([("counted", 2.0)]);
    }

    [Fact]
    public async Task What_was_read_long_ago_is_not_shown_as_if_it_were_now()
    {
        var first = true;
        var never = new TaskCompletionSource<double>();
        using var readings = Of(
            new Part(
                "once",
                () =>
                {
                    var answer = first ? Task.FromResult(1.0) : never.Task;
                    first = false;
                    return answer;
                }
            )
        );
        await readings.RefreshAsync(TimeSpan.FromSeconds(10), Cancel);
        Observed("test.depth").ShouldBe([("once", 1.0)]);

        _clock.Pass(TimeSpan.FromSeconds(31));

        Observed("test.depth").ShouldBeEmpty();
    }

    public void Dispose() => _services.Dispose();

    private GaugeReadings Of(params Part[] parts) =>
        new(parts, _services.GetRequiredService<IMeterFactory>(), _clock, NullLogger<GaugeReadings>.Instance);

    private List<(string Part, double Value)> Observed(string name)
    {
        var found = new List<(string, double)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, from) =>
        {
            if (instrument.Name == name && instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
                from.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => found.Add(((string)tags[0].Value!, value)));
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => found.Add(((string)tags[0].Value!, value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return found;
    }

    private sealed class Part(string name, Func<Task<double>> read) : IGaugePart
    {
        public string Name => name;

        public IReadOnlyList<Gauge> Gauges => name == "away" ? [] : [Depth];

        public async Task<IReadOnlyList<GaugeReading>> ReadAsync(CancellationToken cancel) =>
            [new(Depth, await read(), GaugeReading.Label("part", name))];
    }
}
