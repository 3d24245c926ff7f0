using System.Diagnostics;
using Lectern.SharedKernel;
using Npgsql;

namespace Lectern.Bench.Rows;

/// <summary>
/// From before a job is submitted over HTTP to the real host until the feed has it: its rows and its position commit
/// together, and the position is looked up every millisecond.
/// </summary>
internal sealed class FeedLatencyRow : IRow
{
    private const int PerSecond = 200;

    public string Name => "feed-latency";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var load = await HttpLoad.StartAsync(postgres);
        await RunAsync(load, PerSecond * 4); // warm up
        yield return Line.Latency(
            "POST /jobs → visible in the feed at 200/s, all projections and subscriptions running",
            await RunAsync(load, PerSecond * 10),
            10,
            25
        );
    }

    private static async Task<List<double>> RunAsync(HttpLoad load, int count)
    {
        var (started, jobs) = (new long[count], new string[count]);
        using var done = new CancellationTokenSource();
        var watching = WatchAsync(load.Installation, done.Token);
        await Load.OpenAsync(
            PerSecond,
            count,
            async i =>
            {
                started[i] = Stopwatch.GetTimestamp();
                var token = load.Accounts[i % load.Accounts.Count].Token;
                jobs[i] = await load.Host.Client.SubmitAsync(token, HttpLoad.Text, "m4b");
            }
        );
        while (
            !await load.Installation.ScalarAsync<bool>(
                "select position >= (select max(seq) from eventing.events) from eventing.projections where name = 'activity.feed'"
            )
        )
            await Task.Delay(5);
        await Task.Delay(50);
        await done.CancelAsync();
        var seen = await watching;
        var places = await PlacesAsync(load.Installation);
        return
        [
            .. jobs.Select(
                (job, i) =>
                    Stopwatch
                        .GetElapsedTime(started[i], seen.First(s => s.Position >= places[job.Split('/')[^1]]).At)
                        .TotalMilliseconds
            ),
        ];
    }

    private static async Task<Dictionary<string, long>> PlacesAsync(Installation installation)
    {
        var places = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var command = installation.Plain.CreateCommand(
            "select stream_id, seq from eventing.events where type = 'jobs.job_submitted.v1'"
        );
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            places[PublicId.Format("job", reader.GetGuid(0))] = reader.GetInt64(1);
        return places;
    }

    private static async Task<List<(long Position, long At)>> WatchAsync(
        Installation installation,
        CancellationToken done
    )
    {
        var seen = new List<(long, long)>();
        await using var connection = await installation.Plain.OpenConnectionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(
            "select position from eventing.projections where name = 'activity.feed'",
            connection
        );
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
