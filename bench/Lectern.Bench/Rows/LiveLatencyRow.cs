using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Lectern.Bench.Rows;

/// <summary>
/// From the beginning of the transaction that submits a job, over HTTP, until clients who follow the workspace by
/// server-sent events have been told, and what a thousand clients cost the real host in memory.
/// </summary>
internal sealed class LiveLatencyRow : IRow
{
    private const int Clients = 200;
    private const int PerSecond = 20;
    private const int Jobs = 200;

    public string Name => "live-latency";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        var settings = new Dictionary<string, string>
        {
            ["Live__ConnectionsPerCaller"] = "5000",
            ["Live__ConnectionsPerWorkspace"] = "5000",
        };
        await using var load = await HttpLoad.StartAsync(postgres, settings);
        using var stop = new CancellationTokenSource();
        var told = new ConcurrentQueue<(string Job, double Milliseconds)>();
        await FollowAsync(load, Clients, told, stop.Token);
        await SubmitAsync(load, PerSecond * 2, told); // warm up
        var started = await SubmitAsync(load, Jobs, told);
        var latencies = told.Where(t => started.Contains(t.Job)).Select(t => t.Milliseconds).ToList();
        if (latencies.Count != Clients * Jobs)
            throw new InvalidOperationException($"{latencies.Count} messages came, of {Clients * Jobs}.");
        latencies.Sort();
        var (p50, p99) = (latencies[latencies.Count / 2], latencies[(int)(latencies.Count * 0.99)]);
        yield return new(
            $"append → told to {Clients} clients of server-sent events: jobs by POST /jobs, {PerSecond}/s to each",
            "–",
            $"p50 {Line.Number(p50)}, p99 {Line.Number(p99)} ms",
            "–",
            "p99 ≤ 50 ms",
            p99 <= 50
        );

        var before = load.Host.ResidentMegabytes();
        await FollowAsync(load, 1000 - Clients, told, stop.Token);
        await SubmitAsync(load, PerSecond * 5, told);
        var with = load.Host.ResidentMegabytes();
        for (var i = 0; i < 6; i++)
            await SubmitAsync(load, PerSecond * 5, told);
        var later = load.Host.ResidentMegabytes();
        yield return new(
            "resident memory with 1,000 clients, after 100 and after 700 events to each (floor: with 200 clients)",
            $"{Line.Number(before)} MB",
            $"{Line.Number(with)}; {Line.Number(later)} MB",
            Line.Number(later / with),
            "flat: ≤ 1.1",
            later / with <= 1.1
        );
        await stop.CancelAsync();
    }

    /// <summary>Submits jobs of one workspace, and waits until everybody has been told of all.</summary>
    private static async Task<HashSet<string>> SubmitAsync(
        HttpLoad load,
        int count,
        ConcurrentQueue<(string, double)> told
    )
    {
        var jobs = new string[count];
        await Load.OpenAsync(
            PerSecond,
            count,
            async i =>
            {
                var path = await load.Host.Client.SubmitAsync(load.Accounts[0].Token, HttpLoad.Text, "m4b");
                jobs[i] = path.Split('/')[^1];
            }
        );
        for (int before = -1, patience = 0; told.Count != before || patience++ < 5; )
        {
            before = told.Count;
            await Task.Delay(200);
        }

        return [.. jobs];
    }

    private static async Task FollowAsync(
        HttpLoad load,
        int clients,
        ConcurrentQueue<(string, double)> told,
        CancellationToken stop
    )
    {
        var token = load.Accounts[0].Token;
        for (var i = 0; i < clients; i++)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events/live?type=job.submitted");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var answer = await load.Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            answer.EnsureSuccessStatusCode();
            _ = ReadAsync(answer, told, stop);
        }

        await Task.Delay(500, stop);
    }

    private static async Task ReadAsync(
        HttpResponseMessage answer,
        ConcurrentQueue<(string, double)> told,
        CancellationToken stop
    )
    {
        try
        {
            using (answer)
            await using (var body = await answer.Content.ReadAsStreamAsync(stop))
                await foreach (var item in SseParser.Create(body).EnumerateAsync(stop))
                {
                    var now = DateTimeOffset.UtcNow;
                    if (item.EventType != "job.submitted")
                        continue;
                    using var data = JsonDocument.Parse(item.Data);
                    var job = data.RootElement.GetProperty("subject").GetProperty("id").GetString()!;
                    // The time at which the transaction that appended it began, by the clock of this same machine.
                    var at = data.RootElement.GetProperty("at").GetDateTimeOffset();
                    told.Enqueue((job, (now - at).TotalMilliseconds));
                }
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // the measurement is over
        }
    }
}
