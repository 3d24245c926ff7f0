using System.Net;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Views;

[Collection(JobsHostCollection.Name)]
public sealed class ListJobsTests(JobsHost host)
{
    [Fact]
    public async Task Jobs_are_listed_newest_first_in_pages_and_by_filter()
    {
        var jane = await host.SignUpAsync();
        var made = new List<string>();
        foreach (var format in new[] { "wav", "mp3", "wav", "wav" })
            made.Add((string)(await jane.MakeAsync($"Number {made.Count} is here.", format))["id"]!);

        var listed = new List<string>();
        string? cursor = null;
        var pages = 0;
        do
        {
            var page = await jane.JsonAsync($"/jobs?limit=3{(cursor is null ? "" : "&cursor=" + cursor)}");
            listed.AddRange(Ids(page));
            cursor = (string?)page["next"];
            pages++;
        } while (cursor is not null);

        pages.ShouldBe(2);
        listed.ShouldBe(Enumerable.Reverse(made));
        Ids(await jane.JsonAsync("/jobs?format=mp3")).ShouldBe([made[1]]);
        Ids(await jane.JsonAsync("/jobs?status=completed&voice=flite-slt")).Count.ShouldBe(4);
        Ids(await jane.JsonAsync("/jobs?status=failed")).ShouldBeEmpty();
        Ids(await jane.JsonAsync("/jobs?voice=flite-rms")).ShouldBeEmpty();

        var next = (string)(await jane.JsonAsync("/jobs?limit=1"))["next"]!;
        var stranger = await host.SignUpAsync();
        foreach (
            var (who, query) in new[]
            {
                (stranger, $"cursor={next}"),
                (jane, $"format=wav&cursor={next}"),
                (jane, "cursor=AAAA"),
                (jane, "cursor=%21%21"),
            }
        )
        {
            using var refused = await who.GetAsync($"/jobs?{query}");
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values", query);
        }
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=-1")]
    [InlineData("limit=99999999999")]
    [InlineData("limit=ten")]
    [InlineData("status=done")]
    [InlineData("project=here")]
    [InlineData("cursor=")]
    [InlineData("voice=%00")]
    public async Task A_query_that_does_not_fit_is_refused(string query)
    {
        var jane = await host.SignUpAsync();

        using var refused = await jane.GetAsync($"/jobs?{query}");

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    private static List<string> Ids(JsonNode page) => page["items"]!.AsArray().Select(j => (string)j!["id"]!).ToList();
}

[Collection(JobsHostCollection.Name)]
public sealed class JobHistoryTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_jobs_history_can_be_read_and_its_state_at_each_version()
    {
        var id = (string)(await _jane.MakeAsync("One line."))["id"]!;

        var all = (await _jane.JsonAsync($"/jobs/{id}/events"))["items"]!.AsArray();
        all.Select(e => (int)e!["version"]!).ShouldBe(Enumerable.Range(1, all.Count));
        all.Select(e => (string)e!["type"]!)
            .ShouldBe([
                "jobs.job_submitted.v1",
                "jobs.job_started.v1",
                "jobs.manuscript_prepared.v1",
                .. Enumerable.Repeat("jobs.chunk_synthesized.v1", (int)all[2]!["data"]!["chunks"]!),
                "jobs.segment_encoded.v1",
                "jobs.chapter_assembled.v1",
                "jobs.audio_assembled.v1",
                "jobs.job_completed.v1",
            ]);
        (await _jane.JsonAsync($"/jobs/{id}/events?after={all.Count - 1}"))["items"]!.AsArray().Count.ShouldBe(1);
        (await _jane.JsonAsync($"/jobs/{id}/events?after={all.Count}"))["items"]!.AsArray().ShouldBeEmpty();

        var statuses = new List<string>();
        foreach (var version in Enumerable.Range(1, all.Count))
            statuses.Add((string)(await _jane.JsonAsync($"/jobs/{id}/at/{version}"))["state"]!["status"]!);
        statuses.ShouldBe(["Pending", .. Enumerable.Repeat("Running", all.Count - 2), "Completed"]);

        foreach (var version in new[] { "0", "-1", $"{all.Count + 1}", "2147483647", "99999999999", "one" })
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/at/{version}");
            (await refused.RefusalAsync()).ShouldBe("404 not-found", version);
        }

        foreach (var after in new[] { "-1", "99999999999", "x" })
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/events?after={after}");
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values", after);
        }
    }

    [Fact]
    public async Task Whoever_follows_a_job_gets_every_event_once_up_to_the_end()
    {
        using var gate = host.Engine.StopAt("weathercock");
        var id = await _jane.SubmitAsync("The weathercock turns.");
        await gate.Reached;
        using var answer = await _jane.GetAsync($"/jobs/{id}/events/live");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        gate.Open();

        var live = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        var events = (await _jane.JsonAsync($"/jobs/{id}/events"))["items"]!.AsArray();
        Fields(live, "id")
            .Select(int.Parse)
            .ShouldBe(
                events
                    .Where(each => (string)each!["type"]! != "jobs.segment_encoded.v1") // told nowhere
                    .Select(each => (int)each!["version"]!)
            );
        var names = Fields(live, "event").Where(name => name != "progress").ToList();
        names.ShouldBe([
            "job.submitted",
            "job.started",
            "job.prepared",
            "job.chunk_done",
            "job.chapter_assembled",
            "job.audio_assembled",
            "job.completed",
            "closed",
        ]);

        using var resumed = await _jane.GetAsync($"/jobs/{id}/events/live", ("Last-Event-ID", "2"));
        var rest = await resumed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Fields(rest, "event").Where(name => name != "progress").ShouldBe(names[2..]);

        foreach (var bad in new[] { "-1", "x", "99999999999" })
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/events/live", ("Last-Event-ID", bad));
            (await refused.RefusalAsync()).ShouldBe("400 malformed-request", bad);
        }
    }

    [Fact]
    public async Task Chunks_are_listed_in_reading_order_in_pages()
    {
        var id = (string)(await _jane.MakeAsync("# One\n\nIt snows.\n\n# Two\n\nIt melts.\n"))["id"]!;

        var all = (await _jane.JsonAsync($"/jobs/{id}/chunks"))["items"]!.AsArray();
        all.Select(c => (int)c!["chunk"]!).ShouldBe(Enumerable.Range(0, all.Count));
        all.ShouldAllBe(c => (bool)c!["done"]!);
        var first = await _jane.JsonAsync($"/jobs/{id}/chunks?limit=1");
        ((int)first["next"]!).ShouldBe(1);
        ((int)(await _jane.JsonAsync($"/jobs/{id}/chunks?from=1&limit=1"))["items"]![0]!["chunk"]!).ShouldBe(1);
        (await _jane.JsonAsync($"/jobs/{id}/chunks?from={all.Count}"))["items"]!.AsArray().ShouldBeEmpty();

        foreach (var query in new[] { "from=-1", "from=99999999999", "limit=0", "limit=201" })
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/chunks?{query}");
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values", query);
        }
    }

    [Fact]
    public async Task A_job_at_rest_that_has_not_changed_is_not_sent_again()
    {
        var id = (string)(await _jane.MakeAsync("At rest."))["id"]!;
        using var first = await _jane.GetAsync($"/jobs/{id}");
        var etag = first.Headers.ETag!.ToString();

        using var second = await _jane.GetAsync($"/jobs/{id}", ("If-None-Match", etag));
        using var other = await _jane.GetAsync($"/jobs/{id}", ("If-None-Match", "\"0\""));

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static List<string> Fields(string stream, string name) =>
        stream
            .Split('\n')
            .Where(line => line.StartsWith(name + ": ", StringComparison.Ordinal))
            .Select(line => line[(name.Length + 2)..].TrimEnd())
            .ToList();
}
