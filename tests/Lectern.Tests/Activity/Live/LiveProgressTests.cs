using System.Text.Json.Nodes;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Activity.Live;

/// <summary>How far jobs are, as it is told live.</summary>
[Collection(LiveHostsCollection.Name)]
public sealed class LiveProgressTests(LiveHosts hosts) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await hosts.SignUpAloneAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_job_that_starts_has_progress_though_many_wait()
    {
        await hosts.A.MakeWaitingJobsAsync(_jane.Workspace, 120);
        using var client = await SseClient.OpenAsync(hosts.A.Client, "/events/live?type=progress", _jane.Token);
        (await NextProgressAsync(client)).ShouldNotBeNull();

        var job = await hosts.A.MakeJobAsync(_jane.Workspace);

        while ((string?)(await NextProgressAsync(client))["job"] != Name(job)) { }
    }

    [Fact]
    public async Task Progress_goes_on_when_the_database_is_there_again()
    {
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        var failed = hosts.FailedRounds;
        await hosts.ExecuteAsync("revoke select on jobs.job_view from lectern_worker");
        using var client = await SseClient.OpenAsync(hosts.A.Client, "/events/live?type=progress", _jane.Token);
        await Eventually.IsAsync(
            () => Task.FromResult(hosts.FailedRounds),
            rounds => rounds > failed,
            "what is underway could not be read"
        );
        await hosts.ExecuteAsync("grant select on jobs.job_view to lectern_worker");

        ((string?)(await NextProgressAsync(client))["job"]).ShouldBe(Name(job));
    }

    [Fact]
    public async Task Progress_says_what_the_job_says_and_at_most_twice_a_second()
    {
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        using var one = await SseClient.OpenAsync(
            hosts.A.Client,
            $"/jobs/{Name(job)}/events/live?after=3",
            _jane.Token
        );
        using var all = await SocketClient.OpenAsync(hosts.A, "/ws/jobs", _jane.Token);
        var started = System.Diagnostics.Stopwatch.StartNew();
        var counts = new List<int>();
        foreach (var client in (ILiveClient[])[one, all])
        {
            var first = (await client.NextAsync())!;
            first.Type.ShouldBe("progress");
            first.Id.ShouldBeNull();
            ((string)first.Data["progress"]!["job"]!).ShouldBe(Name(job));
        }

        for (var i = 0; i < 500; i++)
            await hosts.A.AppendAsync(_jane.Workspace, job, LiveHost.Chunk(i));
        var seen = await Eventually.IsAsync(
            async () => await ReadAsync(),
            read => (int)read.Data["progress"]!["percent"]! == 42, // half of the passages, which are 85 % of the work
            "half of the job is told"
        );
        counts.Count.ShouldBeLessThanOrEqualTo((int)(started.Elapsed.TotalSeconds * 2) + 1);
        seen.Id.ShouldBeNull();
        var view = await _jane.JobAsync(Name(job));
        foreach (var field in new[] { "status", "stage", "percent", "queuePosition" })
            seen.Data["progress"]![field]?.ToString().ShouldBe(view[field]?.ToString(), field);
        ((double)seen.Data["progress"]!["realTimeFactor"]!).ShouldBeGreaterThan(0);
        ((int)seen.Data["progress"]!["secondsLeft"]!).ShouldBeGreaterThan(0);

        async Task<Received> ReadAsync()
        {
            while (true)
            {
                var next = await one.NextAsync().WaitAsync(LiveClients.Patience, TestContext.Current.CancellationToken);
                if (next.ShouldNotBeNull().Type != "progress")
                    continue;
                counts.Add(counts.Count);
                return next;
            }
        }
    }

    private static async Task<JsonNode> NextProgressAsync(SseClient client)
    {
        while (true)
            if (
                await client.NextAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken) is
                { Type: "progress" } next
            )
                return next.Data["progress"]!;
    }

    private static string Name(Guid job) => Lectern.SharedKernel.PublicId.Format("job", job);
}
