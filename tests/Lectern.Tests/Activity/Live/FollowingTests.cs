using System.Net;
using Lectern.Jobs.Contracts;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Activity.Live;

/// <summary>What is told live, by server-sent events and WebSockets: everything once, in order, across cuts and hosts.</summary>
[Collection(LiveHostsCollection.Name)]
public sealed class FollowingTests(LiveHosts hosts) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await hosts.SignUpAloneAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_is_cut_off_a_hundred_times_gets_everything_once(bool socket)
    {
        const int Chunks = 900;
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < Chunks; i++)
                    await hosts.A.AppendAsync(_jane.Workspace, job, LiveHost.Chunk(i));
                await hosts.A.AppendAsync(_jane.Workspace, job, new JobCompleted(0));
            },
            TestContext.Current.CancellationToken
        );
        var random = new Random(7);
        var got = new List<Received>();
        for (var cut = 0; cut < 100; cut++)
        {
            // Each time on the other host, with the last id in the way that this kind of client has.
            var host = cut % 2 == 0 ? hosts.A : hosts.B;
            var last = got.Count > 0 ? got[^1].Id : null;
            // On a busy machine a host learns late that a client is gone, and that one counts until then.
            await Eventually.IsAsync(
                () => Task.FromResult(host.Connections.Count),
                open => open < 2,
                "the cut ones left"
            );
            using var client = await OpenAsync(host, job, socket, last);
            for (
                var few = random.Next(15);
                few > 0 && await client.NextEventAsync() is { Type: not "closed" } next;
                few--
            )
                got.Add(next);
        }

        await writing;
        using (var client = await OpenAsync(hosts.A, job, socket, got[^1].Id))
            got.AddRange((await client.RestAsync()).Where(received => received.Type != "closed"));

        got.Select(received => received.Type)
            .ShouldBe([
                "job.submitted",
                "job.started",
                "job.prepared",
                .. Enumerable.Repeat("job.chunk_done", Chunks),
                "job.completed",
            ]);
        got.Skip(3)
            .Take(Chunks)
            .Select(received => (int)received.Data["data"]!["chunk"]!)
            .ShouldBe(Enumerable.Range(0, Chunks));
        if (!socket)
            got.Select(received => received.Id)
                .ShouldBe(Enumerable.Range(1, Chunks + 4).Select(version => $"{version}"));
    }

    [Fact]
    public async Task Who_follows_a_project_is_told_of_the_jobs_in_it_while_they_are_in_it()
    {
        var name = await _jane.MakeProjectAsync();
        Lectern.SharedKernel.PublicId.TryParse("project", name, out var project).ShouldBeTrue();
        var inside = await hosts.A.MakeJobAsync(_jane.Workspace);
        var outside = await hosts.A.MakeJobAsync(_jane.Workspace);
        await hosts.A.AppendAsync(_jane.Workspace, inside, new JobMoved(project));
        using var client = await SseClient.OpenAsync(hosts.B.Client, $"/projects/{name}/events/live", _jane.Token);
        await TheyFollowAsync(hosts.B, 1);

        await hosts.A.AppendAsync(_jane.Workspace, outside, new JobCompleted(0));
        await hosts.A.AppendAsync(_jane.Workspace, inside, new JobCompleted(0));
        await hosts.A.AppendAsync(_jane.Workspace, inside, new JobMoved(null));
        await hosts.A.AppendAsync(_jane.Workspace, inside, new JobReopened(2, Guid.CreateVersion7(), 0, "p1"));
        await hosts.A.AppendAsync(_jane.Workspace, outside, new JobMoved(project));

        var told = new List<(string, string)>();
        for (var i = 0; i < 3; i++)
        {
            var next = (await client.NextEventAsync())!;
            told.Add((next.Type, (string)next.Data["subject"]!["id"]!));
        }

        told.ShouldBe([("job.completed", Name(inside)), ("job.moved", Name(inside)), ("job.moved", Name(outside))]);
    }

    [Fact]
    public async Task Who_comes_back_to_a_project_is_told_of_a_job_up_to_when_it_went()
    {
        var name = await _jane.MakeProjectAsync();
        Lectern.SharedKernel.PublicId.TryParse("project", name, out var project).ShouldBeTrue();
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        using var before = await SseClient.OpenAsync(hosts.A.Client, $"/projects/{name}/events/live", _jane.Token);
        await TheyFollowAsync(hosts.A, 1);
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobMoved(project));
        var last = (await before.NextEventAsync())!;
        before.Dispose();

        await hosts.A.AppendAsync(_jane.Workspace, job, new JobCompleted(0));
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobMoved(null));
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobReopened(2, Guid.CreateVersion7(), 0, "p1"));
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobMoved(project), new JobFailed("synthesize", "x", 0));
        using var again = await SseClient.OpenAsync(
            hosts.B.Client,
            $"/projects/{name}/events/live",
            _jane.Token,
            last.Id
        );

        foreach (var type in new[] { "job.completed", "job.moved", "job.moved", "job.failed" })
            (await again.NextEventAsync())!.Type.ShouldBe(type);
    }

    [Fact]
    public async Task Who_comes_back_from_far_behind_is_told_all_of_it_and_what_came_meanwhile()
    {
        const int Before = 2_500;
        const int Meanwhile = 1_500;
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobCompleted(0));
        using var socket = await SocketClient.OpenAsync(hosts.A, $"/ws/jobs/{Name(job)}", _jane.Token);
        var last = (await socket.RestAsync())[^1].Id!;
        await WriteAsync(0, Before);

        using var back = await SseClient.OpenAsync(
            hosts.B.Client,
            "/events/live?type=job.chunk_done",
            _jane.Token,
            last
        );
        var writing = WriteAsync(Before, Meanwhile);
        for (var i = 0; i < Before + Meanwhile; i++)
            ((int)(await back.NextEventAsync())!.Data["data"]!["chunk"]!).ShouldBe(i);
        await writing;

        async Task WriteAsync(int from, int count)
        {
            foreach (var page in Enumerable.Range(from, count).Chunk(100))
                await hosts.A.AppendAsync(_jane.Workspace, job, [.. page.Select(LiveHost.Chunk)]);
        }
    }

    [Fact]
    public async Task What_one_host_appends_clients_of_the_other_are_told_and_both_forms_are_the_same()
    {
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        using var events = await SseClient.OpenAsync(hosts.B.Client, "/events/live?type=job", _jane.Token);
        using var socket = await SocketClient.OpenAsync(hosts.B, "/ws/jobs", _jane.Token);
        await TheyFollowAsync(hosts.B, 2);

        await hosts.A.AppendAsync(_jane.Workspace, job, LiveHost.Chunk(0), new JobCompleted(5));

        var sent = (await events.NextEventAsync())!; // the passage was not asked for by name
        var framed = (await socket.NextEventAsync())!;
        sent.Type.ShouldBe("job.completed");
        sent.Id!.ShouldStartWith("event_");
        sent.Id.ShouldBe((string)sent.Data["id"]!);
        framed.Data.ToJsonString().ShouldBe(sent.Data.ToJsonString());
        sent.Data["subject"]!["type"]!.ToString().ShouldBe("job");
    }

    [Fact]
    public async Task Passages_come_when_they_are_asked_for_and_a_last_event_of_before_is_gone_on_from()
    {
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        using var first = await SseClient.OpenAsync(
            hosts.A.Client,
            "/events/live?type=job.chunk_done&type=credits",
            _jane.Token
        );
        await TheyFollowAsync(hosts.A, 1);
        for (var i = 0; i < 3; i++)
            await hosts.A.AppendAsync(_jane.Workspace, job, LiveHost.Chunk(i));
        var last = (await first.NextEventAsync())!;
        last.Type.ShouldBe("job.chunk_done");

        using var byQuery = await SseClient.OpenAsync(
            hosts.A.Client,
            $"/events/live?type=job.chunk_done&after={last.Id}",
            _jane.Token
        );
        for (var i = 1; i < 3; i++)
            ((int)(await byQuery.NextEventAsync())!.Data["data"]!["chunk"]!).ShouldBe(i);
        // A browser sends the header beside the address that it was given first: the header is newer.
        using var byHeader = await SseClient.OpenAsync(
            hosts.A.Client,
            "/events/live?type=job.chunk_done&after=event_01h455vb4pex5vsknk084sn02q",
            _jane.Token,
            last.Id
        );
        ((int)(await byHeader.NextEventAsync())!.Data["data"]!["chunk"]!).ShouldBe(1);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("4")]
    [InlineData("99999999999")]
    [InlineData("event_01h455vb4pex5vsknk084sn02q")]
    [InlineData("job_01h455vb4pex5vsknk084sn02q")]
    public async Task An_id_that_was_never_told_here_is_refused(string id)
    {
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        var live = $"/jobs/{Name(job)}/events/live";
        foreach (var path in new[] { live, "/events/live" })
        {
            using var byHeader = await _jane.GetAsync(path, ("Last-Event-ID", id));
            (await byHeader.RefusalAsync()).ShouldBe("400 malformed-request", path);
            using var byQuery = await _jane.GetAsync($"{path}?after={Uri.EscapeDataString(id)}");
            (await byQuery.RefusalAsync()).ShouldBe("400 malformed-request", path);
        }

        var after = Uri.EscapeDataString(id);
        (await SocketClient.RefusedAsync(hosts.A, $"/ws/jobs?after={after}", _jane.Token)).ShouldBe(400);
        (await SocketClient.RefusedAsync(hosts.A, $"/ws/jobs/{Name(job)}?after={after}", _jane.Token)).ShouldBe(400);
    }

    [Fact]
    public async Task Another_workspaces_job_and_event_are_not_there()
    {
        var john = await hosts.SignUpAsync();
        var job = await hosts.A.MakeJobAsync(john.Workspace);
        using var events = await SseClient.OpenAsync(hosts.A.Client, $"/jobs/{Name(job)}/events/live", john.Token);
        using var socket = await SocketClient.OpenAsync(hosts.A, $"/ws/jobs/{Name(job)}", john.Token);
        await events.NextEventAsync();
        var id = (await socket.NextEventAsync())!.Id;
        using var janes = await SseClient.OpenAsync(hosts.A.Client, "/events/live?type=job", _jane.Token);
        await TheyFollowAsync(hosts.A, 3);

        using var foreign = await _jane.GetAsync($"/jobs/{Name(job)}/events/live");
        (await foreign.RefusalAsync()).ShouldBe("404 not-found");
        (await SocketClient.RefusedAsync(hosts.A, $"/ws/jobs/{Name(job)}", _jane.Token)).ShouldBe(404);
        using var foreignId = await _jane.GetAsync("/events/live", ("Last-Event-ID", id!));
        (await foreignId.RefusalAsync()).ShouldBe("400 malformed-request");

        await hosts.A.AppendAsync(john.Workspace, job, new JobCompleted(0));
        var own = await hosts.A.MakeJobAsync(_jane.Workspace);
        ((string)(await janes.NextEventAsync())!.Data["subject"]!["id"]!).ShouldBe(Name(own));
    }

    [Fact]
    public async Task Types_that_there_are_not_are_refused()
    {
        foreach (var type in new[] { "job.", "jo", "job.completed.v1", "nothing", "" })
        {
            using var refused = await _jane.GetAsync($"/events/live?type={type}");
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values", type);
        }
    }

    [Fact]
    public async Task The_stream_of_a_job_ends_with_it_and_a_browser_is_told_to_stay_away()
    {
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        var live = $"/jobs/{Name(job)}/events/live";
        using var events = await SseClient.OpenAsync(hosts.A.Client, live, _jane.Token);
        using var socket = await SocketClient.OpenAsync(hosts.A, $"/ws/jobs/{Name(job)}", _jane.Token);
        events.Answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        events.Answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        events.Answer.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobFailed("synthesize", "engine_failed", 0));

        var all = await events.RestAsync();
        all.Select(received => received.Type)
            .ShouldBe(["job.submitted", "job.started", "job.prepared", "job.failed", "closed"]);
        all[^1].Id.ShouldBeNull();
        ((string)all[^1].Data["reason"]!).ShouldBe("job_ended");
        (await socket.RestAsync()).Count.ShouldBe(4);
        socket.Why.ShouldBe("1000 job_ended");
        using (var nothingMore = await _jane.GetAsync(live, ("Last-Event-ID", all[^2].Id!)))
            nothingMore.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        // It goes on, so the first failure is no end any more.
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobReopened(2, Guid.CreateVersion7(), 10, "1"));
        using var again = await SseClient.OpenAsync(hosts.A.Client, live, _jane.Token, all[^2].Id);
        (await again.NextEventAsync())!.Type.ShouldBe("job.reopened");
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobCompleted(0));
        (await again.RestAsync()).Select(received => received.Type).ShouldBe(["job.completed", "closed"]);
    }

    [Fact]
    public async Task A_job_that_is_renamed_and_moved_after_its_end_is_still_over()
    {
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        var live = $"/jobs/{Name(job)}/events/live";
        using var events = await SseClient.OpenAsync(hosts.A.Client, live, _jane.Token);
        await TheyFollowAsync(hosts.A, 1);
        await hosts.A.AppendAsync(_jane.Workspace, job, new JobCompleted(0), new JobRenamed());
        var ended = (await events.RestAsync())[^2];
        ended.Type.ShouldBe("job.completed");
        using (var nothingMore = await _jane.GetAsync(live, ("Last-Event-ID", ended.Id!)))
            nothingMore.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await hosts.A.AppendAsync(_jane.Workspace, job, new JobMoved(null), new JobRenamed());
        using var again = await SseClient.OpenAsync(hosts.A.Client, live, _jane.Token, ended.Id);
        var rest = await again.RestAsync();
        rest.Select(received => received.Type).ShouldBe(["job.moved", "closed"]);
        using (var nothingMore = await _jane.GetAsync(live, ("Last-Event-ID", rest[0].Id!)))
            nothingMore.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Silence_is_broken_by_signs_of_life()
    {
        using var events = await SseClient.OpenAsync(hosts.A.Client, "/events/live?type=job", _jane.Token);
        var next = events.NextEventAsync();
        await Eventually.IsAsync(() => Task.FromResult(events.Beats), beats => beats >= 2, "there were signs of life");
        await hosts.A.MakeJobAsync(_jane.Workspace);
        (await next)!.Type.ShouldBe("job.submitted");
    }

    private async Task<ILiveClient> OpenAsync(LiveHost host, Guid job, bool socket, string? last) =>
        socket
            ? await SocketClient.OpenAsync(host, $"/ws/jobs/{Name(job)}?after={last}", _jane.Token)
            : await SseClient.OpenAsync(host.Client, $"/jobs/{Name(job)}/events/live", _jane.Token, last);

    /// <summary>Until clients follow, what is appended is of before them.</summary>
    private static Task<int> TheyFollowAsync(LiveHost host, int clients) =>
        Eventually.IsAsync(() => Task.FromResult(host.Listeners), listeners => listeners >= clients, "they follow");

    private static string Name(Guid job) => Lectern.SharedKernel.PublicId.Format("job", job);
}
