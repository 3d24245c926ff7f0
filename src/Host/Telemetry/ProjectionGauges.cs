using Lectern.Eventing;
using Lectern.SharedKernel.Telemetry;

namespace Lectern.Host.Telemetry;

/// <summary>How far the views that follow the log are behind it.</summary>
internal sealed class ProjectionGauges(EventStore store) : IGaugePart
{
    private static readonly Gauge Events = new(
        "lectern.projection.lag.events",
        "Events between a projection and the true head of the log."
    );
    private static readonly Gauge Age = new(
        "lectern.projection.lag",
        "How long the oldest event that a projection has not seen has been in the log.",
        "s"
    );
    private static readonly Gauge Stopped = new(
        "lectern.projection.stopped",
        "Whether a projection stands at an event that it can't apply: 1, or 0."
    );

    public string Name => "projections";

    public IReadOnlyList<Gauge> Gauges => [Events, Age, Stopped];

    public async Task<IReadOnlyList<GaugeReading>> ReadAsync(CancellationToken cancel)
    {
        var readings = new List<GaugeReading>();
        foreach (var lag in await ProjectionLag.ReadAsync(store, cancel))
        {
            var label = GaugeReading.Label("projection", lag.Name);
            readings.Add(new(Events, lag.Events, label));
            readings.Add(new(Age, lag.Age.TotalSeconds, label));
            readings.Add(new(Stopped, lag.IsStopped ? 1 : 0, label));
        }

        return readings;
    }
}
