using System.Diagnostics;

namespace Lectern.Bench.Rows;

/// <summary>Latency of appends and reads in a store of a million events against one that is nearly empty, interleaved.</summary>
internal sealed class MillionEventsRow : IRow
{
    private const int Runs = 7;
    private const int Operations = 300;

    public string Name => "million";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var empty = await postgres.DatabaseAsync();
        await using var full = await postgres.DatabaseAsync();
        var context = Parcels.NewContext();
        var few = await Streams.CreateAsync(empty, context.Workspace, streams: 100, events: 20);
        var many = await Streams.CreateAsync(full, context.Workspace, streams: 50_000, events: 20);
        await empty.ExecuteAsync("vacuum analyze");
        await full.ExecuteAsync("vacuum analyze");
        List<double> emptyAppends = [],
            fullAppends = [],
            emptyReads = [],
            fullReads = [];
        for (var run = 0; run <= Runs; run++)
        {
            var (a, b) = (await AppendAsync(empty), await AppendAsync(full));
            var (c, d) = (await ReadAsync(empty, few), await ReadAsync(full, many));
            if (run == 0)
                continue; // warm-up
            emptyAppends.Add(a);
            fullAppends.Add(b);
            emptyReads.Add(c);
            fullReads.Add(d);
        }

        yield return Line.AtMost(
            "append latency at 1 million events (floor: empty store)",
            emptyAppends.Order().ElementAt(Runs / 2),
            fullAppends.Order().ElementAt(Runs / 2),
            1.2,
            "ms"
        );
        yield return Line.AtMost(
            "read latency (fetch a 20-event stream) at 1 million events (floor: empty store)",
            emptyReads.Order().ElementAt(Runs / 2),
            fullReads.Order().ElementAt(Runs / 2),
            1.2,
            "ms"
        );

        Task<double> AppendAsync(Database database) =>
            MedianAsync(async _ =>
            {
                await using var session = database.Store.OpenSession(context);
                session.StartStream<Parcel>(database.Store.NewId(), new ParcelPosted("letter", 20));
                await session.SaveChangesAsync(CancellationToken.None);
            });

        Task<double> ReadAsync(Database database, Guid[] streams) =>
            MedianAsync(async i =>
            {
                await using var session = database.Store.OpenSession(context);
                await session.FetchForWriting<Parcel>(streams[i * 7919 % streams.Length], CancellationToken.None);
            });
    }

    private static async Task<double> MedianAsync(Func<int, Task> once)
    {
        var latencies = new List<double>();
        for (var i = 0; i < Operations; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await once(i);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        latencies.Sort();
        return latencies[Operations / 2];
    }
}
