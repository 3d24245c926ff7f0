using System.Diagnostics;

namespace Lectern.Bench.Rows;

/// <summary>From before the commit that enqueues a message until its handler has committed, through Postgres.</summary>
internal sealed class HandledLatencyRow : IRow
{
    public string Name => "handled-latency";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        var handled = new Parcels.Handled();
        await using var database = await postgres.DatabaseAsync(handled);
        var context = Parcels.NewContext();
        var parcels = await Streams.CreateAsync(database, context.Workspace, streams: 100, events: 1);
        await database.Host.StartAsync();
        await RunAsync(300); // warm up
        handled.Milliseconds.Clear();
        await RunAsync(1500);
        yield return Line.Latency("enqueue → handled through Postgres at 100/s", [.. handled.Milliseconds], 3, 15);

        async Task RunAsync(int count)
        {
            await Load.OpenAsync(
                100,
                count,
                async i =>
                {
                    await using var session = database.Store.OpenSession(context);
                    session.Enqueue(new ScanParcel(parcels[i % parcels.Length], Stopwatch.GetTimestamp()));
                    await session.SaveChangesAsync(CancellationToken.None);
                }
            );
            while (await database.ScalarAsync<long>("select count(*) from eventing.messages") > 0)
                await Task.Delay(10);
        }
    }
}
