using Lectern.Eventing;
using Lectern.SharedKernel.Telemetry;

namespace Lectern.Host.Telemetry;

/// <summary>The queue by lane, and what was given up.</summary>
internal sealed class QueueGauges(QueueOperations queue) : IGaugePart
{
    private static readonly Gauge Ready = new("lectern.queue.ready", "Messages that wait for a worker, by lane.");
    private static readonly Gauge AtWork = new("lectern.queue.at_work", "Messages at work, by lane.");
    private static readonly Gauge Delayed = new("lectern.queue.delayed", "Messages that wait for their time, by lane.");
    private static readonly Gauge Oldest = new(
        "lectern.queue.oldest_ready",
        "How long the oldest ready message of a lane has been due.",
        "s"
    );
    private static readonly Gauge Limit = new(
        "lectern.queue.limit",
        "How many messages of a lane all hosts together handle at a time now, where that is limited."
    );
    private static readonly Gauge Dead = new("lectern.queue.dead_letters", "Messages that were given up, by type.");

    public string Name => "queue";

    public IReadOnlyList<Gauge> Gauges => [Ready, AtWork, Delayed, Oldest, Limit, Dead];

    public async Task<IReadOnlyList<GaugeReading>> ReadAsync(CancellationToken cancel)
    {
        var readings = new List<GaugeReading>();
        foreach (var lane in await queue.StatusAsync(cancel))
        {
            var label = GaugeReading.Label("lane", lane.Lane);
            readings.Add(new(Ready, lane.Ready, label));
            readings.Add(new(AtWork, lane.Leased, label));
            readings.Add(new(Delayed, lane.Delayed, label));
            readings.Add(new(Oldest, lane.OldestReady.TotalSeconds, label));
            if (lane.Limit is { } limit)
                readings.Add(new(Limit, limit, label));
        }

        foreach (var (type, count) in await queue.DeadLetterCountsAsync(cancel))
            readings.Add(new(Dead, count, GaugeReading.Label("type", type)));
        return readings;
    }
}
