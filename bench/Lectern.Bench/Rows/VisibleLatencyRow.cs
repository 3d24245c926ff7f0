using System.Diagnostics;
using Npgsql;

namespace Lectern.Bench.Rows;

/// <summary>From before the append until the async view has it: its position and its rows commit together.</summary>
internal sealed class VisibleLatencyRow : IRow
{
    public string Name => "visible-latency";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var database = await postgres.DatabaseAsync();
        var context = Parcels.NewContext();
        await database.Host.StartAsync();
        await RunAsync(400); // warm up
        var latencies = await RunAsync(2000);
        yield return Line.Latency("append → visible in an async view at 200/s", latencies, 10, 25);

        async Task<List<double>> RunAsync(int count)
        {
            var started = new long[count];
            var streams = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
            using var done = new CancellationTokenSource();
            var watching = WatchAsync(database, done.Token);
            await Load.OpenAsync(
                200,
                count,
                async i =>
                {
                    started[i] = Stopwatch.GetTimestamp();
                    await using var session = database.Store.OpenSession(context);
                    session.StartStream<Parcel>(streams[i], new ParcelPosted("letter", 20), new ParcelScanned(1, 5));
                    await session.SaveChangesAsync(CancellationToken.None);
                }
            );
            while (
                !await database.ScalarAsync<bool>(
                    "select position = (select max(seq) from eventing.events) from eventing.projections"
                )
            )
                await Task.Delay(5);
            await Task.Delay(50);
            await done.CancelAsync();
            var seen = await watching;

            await using var session = database.Store.OpenSession(context);
            var last = (
                await session.QueryAsync(
                    "select stream_id, max(seq) from eventing.events group by 1",
                    row => (row.GetGuid(0), row.GetInt64(1)),
                    CancellationToken.None
                )
            ).ToDictionary(s => s.Item1, s => s.Item2);
            return
            [
                .. streams.Select(
                    (stream, i) =>
                        Stopwatch
                            .GetElapsedTime(started[i], seen.First(s => s.Position >= last[stream]).At)
                            .TotalMilliseconds
                ),
            ];
        }
    }

    /// <summary>Each position of the view with the time at which it was first seen, looked up every millisecond.</summary>
    private static async Task<List<(long Position, long At)>> WatchAsync(Database database, CancellationToken done)
    {
        var seen = new List<(long, long)>();
        await using var connection = await database.Plain.OpenConnectionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand("select position from eventing.projections", connection);
        for (long last = -1; !done.IsCancellationRequested; )
        {
            var position = (long)(await command.ExecuteScalarAsync(CancellationToken.None))!;
            if (position != last)
                seen.Add((last = position, Stopwatch.GetTimestamp()));
            await Task.Delay(1, CancellationToken.None);
        }

        return seen;
    }
}
