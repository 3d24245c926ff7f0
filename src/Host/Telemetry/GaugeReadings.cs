using System.Diagnostics.Metrics;
using Lectern.SharedKernel.Telemetry;

namespace Lectern.Host.Telemetry;

/// <summary>
/// Reads the parts' gauges when somebody looks: the page of metrics waits a moment for it, the export takes what is
/// known and has it read anew. What can't be read is absent, and <c>lectern_gauges_readable</c> says so.
/// </summary>
internal sealed class GaugeReadings : IDisposable
{
    /// <summary>How long the page waits; it is there without them, too.</summary>
    internal static readonly TimeSpan PagesPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShownFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyList<IGaugePart> _parts;
    private readonly TimeProvider _time;
    private readonly ILogger<GaugeReadings> _log;
    private readonly Lock _starting = new();
    private Task _reading = Task.CompletedTask;
    private volatile Snapshot? _last;

    public GaugeReadings(
        IEnumerable<IGaugePart> parts,
        IMeterFactory meters,
        TimeProvider time,
        ILogger<GaugeReadings> log
    )
    {
        (_parts, _time, _log) = ([.. parts], time, log);
        var meter = meters.Create("Lectern.Gauges");
        foreach (var gauge in _parts.SelectMany(part => part.Gauges))
            meter.CreateObservableGauge(gauge.Name, () => Observe(gauge), gauge.Unit, gauge.Description);
        meter.CreateObservableGauge(
            "lectern.gauges.readable",
            () => Now()?.Readable ?? [],
            description: "Whether a part's gauges could be read: 1, or 0 while its database or the like is away."
        );
    }

    /// <summary>Ends when the readings are fresh, or after the patience is over.</summary>
    public async Task RefreshAsync(TimeSpan patience, CancellationToken cancel) =>
        await Refresh().WaitAsync(patience, _time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public void Dispose()
    {
        lock (_starting)
            _last = Snapshot.Over; // nobody begins to read any more
    }

    /// <summary>One reading at a time, however many look.</summary>
    private Task Refresh()
    {
        lock (_starting)
        {
            if (!_reading.IsCompleted || ReferenceEquals(_last, Snapshot.Over))
                return _reading;
            return _last is { } last && _time.GetElapsedTime(last.At) < FreshFor
                ? Task.CompletedTask
                : _reading = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline, _time);
        var found = await Task.WhenAll(_parts.Select(part => TryReadAsync(part, deadline.Token)));
        lock (_starting)
            if (!ReferenceEquals(_last, Snapshot.Over))
                _last = new Snapshot(
                    _time.GetTimestamp(),
                    found.SelectMany(part => part.Readings).ToLookup(reading => reading.Gauge),
                    [.. found.Select(part => new Measurement<int>(part.IsReadable ? 1 : 0, part.Label))]
                );
    }

    private async Task<PartReading> TryReadAsync(IGaugePart part, CancellationToken cancel)
    {
        var label = GaugeReading.Label("part", part.Name);
        try
        {
            return new PartReading(await part.ReadAsync(cancel).WaitAsync(cancel), true, label);
        }
        catch (Exception away)
        {
            _log.LogDebug(away, "The gauges of {Part} can't be read", part.Name); // the gauge tells it already
            return new PartReading([], false, label);
        }
    }

    private IEnumerable<Measurement<double>> Observe(Gauge gauge) =>
        Now() is { } now
            ? now.Readings[gauge].Select(reading => new Measurement<double>(reading.Value, reading.Labels))
            : [];

    private Snapshot? Now()
    {
        _ = Refresh();
        return _last is { } last && _time.GetElapsedTime(last.At) < ShownFor ? last : null;
    }

    private sealed record PartReading(
        IReadOnlyList<GaugeReading> Readings,
        bool IsReadable,
        KeyValuePair<string, object?> Label
    );

    private sealed record Snapshot(
        long At,
        ILookup<Gauge, GaugeReading> Readings,
        IReadOnlyList<Measurement<int>> Readable
    )
    {
        public static readonly Snapshot Over = new(
            0,
            Array.Empty<GaugeReading>().ToLookup(reading => reading.Gauge),
            []
        );
    }
}
