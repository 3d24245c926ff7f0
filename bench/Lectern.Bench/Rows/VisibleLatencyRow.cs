namespace Lectern.Bench.Rows;

/// <summary>From before the append until the async view has it.</summary>
internal sealed class VisibleLatencyRow : IRow
{
    public string Name => "visible-latency";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var database = await postgres.DatabaseAsync();
        var context = Parcels.NewContext();
        var projection = await database.ScalarAsync<string>("select name from eventing.projections"); // the only one
        await database.Host.StartAsync();
        await RunAsync(400); // warm up
        var latencies = await RunAsync(2000);
        yield return Line.Latency("append → visible in an async view at 200/s", latencies, 10, 25);

        async Task<List<double>> RunAsync(int count)
        {
            var started = new DateTimeOffset[count];
            var streams = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
            await using var watch = new PositionWatch(database.Plain, projection);
            await Load.OpenAsync(
                200,
                count,
                async i =>
                {
                    started[i] = DateTimeOffset.UtcNow;
                    await using var session = database.Store.OpenSession(context);
                    session.StartStream<Parcel>(streams[i], new ParcelPosted("letter", 20), new ParcelScanned(1, 5));
                    await session.SaveChangesAsync(CancellationToken.None);
                }
            );
            await using var session = database.Store.OpenSession(context);
            var last = (
                await session.QueryAsync(
                    "select stream_id, max(seq) from eventing.events group by 1",
                    row => (row.GetGuid(0), row.GetInt64(1)),
                    CancellationToken.None
                )
            ).ToDictionary(s => s.Item1, s => s.Item2);
            return await watch.LatenciesAsync(started, [.. streams.Select(stream => last[stream])]);
        }
    }
}
