using Lectern.Eventing;
using Lectern.Jobs.Ending;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Telemetry;

namespace Lectern.Jobs.Scheduling;

/// <summary>The jobs that wait and run, by kind. Both are found by an index; what has ended is counted when it ends.</summary>
internal sealed class JobGauges : IGaugePart
{
    private static readonly Gauge Jobs = new("lectern.jobs", "Jobs that have not ended, by kind and status.");
    private static readonly Gauge Oldest = new(
        "lectern.jobs.oldest_pending",
        "How long the oldest pending job of a kind has been waiting for a place.",
        "s"
    );

    private readonly EventStore _store;

    public JobGauges(EventStore store)
    {
        _store = store;
        JobEnds.Begin(); // whoever asks for the gauges has begun to listen
    }

    public string Name => "jobs";

    public IReadOnlyList<Gauge> Gauges => [Jobs, Oldest];

    public async Task<IReadOnlyList<GaugeReading>> ReadAsync(CancellationToken cancel)
    {
        await using var session = _store.OpenSystemSession();
        var rows = (await session.QueryAsync(KindRow.Select + " group by kind", KindRow.Read, cancel)).ToDictionary(
            row => row.Kind,
            StringComparer.Ordinal
        );
        var readings = new List<GaugeReading>();
        foreach (var kind in rows.Keys.Append(JobKinds.Audiobook).Distinct())
        {
            var row = rows.GetValueOrDefault(kind) ?? new KindRow(kind, 0, 0, 0);
            var label = GaugeReading.Label("kind", kind);
            readings.Add(new(Jobs, row.Pending, label, GaugeReading.Label("status", "pending")));
            readings.Add(new(Jobs, row.Running, label, GaugeReading.Label("status", "running")));
            readings.Add(new(Oldest, row.OldestPendingSeconds, label));
        }

        return readings;
    }
}
