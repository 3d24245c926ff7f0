using Lectern.SharedKernel;

namespace Lectern.Bench.Rows;

/// <summary>From the beginning of the transaction that submits a job, over HTTP to the real host, until the feed has it.</summary>
internal sealed class FeedLatencyRow : IRow
{
    /// <summary>An append to the job's stream and one to the wallet's.</summary>
    private const int AppendsPerJob = 2;

    public string Name => "feed-latency";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var load = await HttpLoad.StartAsync(postgres);
        await RunAsync(load, 200, 4000); // while they come, much of the host is compiled a second time
        foreach (var appends in new[] { 200, 400 })
        {
            var jobs = appends / AppendsPerJob;
            var (fromAppend, fromPost) = await RunAsync(load, jobs, jobs * 20);
            yield return Line.Latency(
                $"append → visible in the feed at {appends}/s: {jobs} jobs/s by POST /jobs, all projections and subscriptions running",
                fromAppend,
                10,
                25
            );
            fromPost.Sort();
            var (p50, p99) = (fromPost[fromPost.Count / 2], fromPost[(int)(fromPost.Count * 0.99)]);
            yield return new(
                "the same from before the request",
                "–",
                $"p50 {Line.Number(p50)}, p99 {Line.Number(p99)} ms",
                "–",
                "–",
                true
            );
        }
    }

    private static async Task<(List<double> FromAppend, List<double> FromPost)> RunAsync(
        HttpLoad load,
        int perSecond,
        int count
    )
    {
        var (started, jobs) = (new DateTimeOffset[count], new string[count]);
        await using var watch = new PositionWatch(load.Installation.Plain, "activity.feed");
        await Load.OpenAsync(
            perSecond,
            count,
            async i =>
            {
                started[i] = DateTimeOffset.UtcNow;
                var token = load.Accounts[i % load.Accounts.Count].Token;
                jobs[i] = await load.Host.Client.SubmitAsync(token, HttpLoad.Text, "m4b");
            }
        );
        var appended = await AppendedAsync(load.Installation);
        var events = jobs.Select(job => appended[job.Split('/')[^1]]).ToList();
        // An event bears the time at which the transaction that appended it began.
        var fromAppend = await watch.LatenciesAsync(
            [.. events.Select(each => each.At), .. started],
            [.. events.Select(each => each.Seq), .. events.Select(each => each.Seq)]
        );
        return (fromAppend[..count], fromAppend[count..]);
    }

    private static async Task<Dictionary<string, (long Seq, DateTimeOffset At)>> AppendedAsync(
        Installation installation
    )
    {
        var appended = new Dictionary<string, (long, DateTimeOffset)>(StringComparer.Ordinal);
        await using var command = installation.Plain.CreateCommand(
            "select stream_id, seq, at from eventing.events where type = 'jobs.job_submitted.v1'"
        );
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            appended[PublicId.Format("job", reader.GetGuid(0))] = (
                reader.GetInt64(1),
                reader.GetFieldValue<DateTimeOffset>(2)
            );
        return appended;
    }
}
