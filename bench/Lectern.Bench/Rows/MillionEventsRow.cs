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
            var (a, b) = await MediansAsync(_ => AppendAsync(empty), _ => AppendAsync(full));
            var (c, d) = await MediansAsync(i => ReadAsync(empty, few, i), i => ReadAsync(full, many, i));
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

        async Task AppendAsync(Database database)
        {
            await using var session = database.Store.OpenSession(context);
            session.StartStream<Parcel>(database.Store.NewId(), new ParcelPosted("letter", 20));
            await session.SaveChangesAsync(CancellationToken.None);
        }

        async Task ReadAsync(Database database, Guid[] streams, int i)
        {
            await using var session = database.Store.OpenSession(context);
            await session.FetchForWriting<Parcel>(streams[i * 7919 % streams.Length], CancellationToken.None);
        }
    }

    /// <summary>In turn, so that whatever else the machine does falls on both.</summary>
    private static async Task<(double, double)> MediansAsync(Func<int, Task> one, Func<int, Task> other)
    {
        List<double> ones = [],
            others = [];
        for (var i = 0; i < Operations; i++)
        {
            ones.Add(await MillisecondsAsync(() => one(i)));
            others.Add(await MillisecondsAsync(() => other(i)));
        }

        return (ones.Order().ElementAt(Operations / 2), others.Order().ElementAt(Operations / 2));
    }

    private static async Task<double> MillisecondsAsync(Func<Task> once)
    {
        var started = Stopwatch.GetTimestamp();
        await once();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
