using System.Diagnostics;
using Lectern.SharedKernel;

namespace Lectern.Bench.Rows;

/// <summary>From before a job is submitted over HTTP to the real host until the feed has it.</summary>
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
        await using var watch = new PositionWatch(load.Installation.Plain, "activity.feed");
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
        var places = await PlacesAsync(load.Installation);
        return await watch.LatenciesAsync(started, [.. jobs.Select(job => places[job.Split('/')[^1]])]);
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
}
