using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Jobs.Contracts;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.History;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Jobs.Views;

/// <summary>The history of jobs over HTTP.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class JobReplayTests(JobsHost host, ITestOutputHelper output) : IAsyncLifetime
{
    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Events_are_listed_in_pages_and_by_type_with_who_and_what_caused_them()
    {
        var id = (string)(await _jane.MakeAsync("One line. And one more."))["id"]!;
        var all = (await _jane.JsonAsync($"/jobs/{id}/events"))["items"]!.AsArray();

        var paged = new List<string>();
        int? next = 0;
        while (next is not null)
        {
            var page = await _jane.JsonAsync($"/jobs/{id}/events?limit=2&after={next}");
            paged.AddRange(page["items"]!.AsArray().Select(e => e!.ToJsonString()));
            next = (int?)page["next"];
        }

        paged.ShouldBe(all.Select(e => e!.ToJsonString()));
        var ended = (await _jane.JsonAsync($"/jobs/{id}/events?type=jobs.job_completed.v1"))["items"]!.AsArray();
        ((int)ended.ShouldHaveSingleItem()!["version"]!).ShouldBe(all.Count);
        all.Select(e => (string)e!["trace"]!).Distinct().ShouldHaveSingleItem().Length.ShouldBe(32);
        ((string)all[0]!["actor"]!).ShouldStartWith("person:");
        all[0]!["causation"].ShouldBeNull(); // a request did it at once
        all[1]!["causation"].ShouldNotBeNull(); // a message that the request had put into the queue

        foreach (var query in new[] { "limit=0", "limit=201", "type=billing.x", "type=jobs.%00", "type=" })
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/events?{query}");
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values", query);
        }
    }

    [Fact]
    public async Task The_state_at_a_time_is_that_of_the_last_event_until_then()
    {
        var id = (string)(await _jane.MakeAsync("One line."))["id"]!;
        var all = (await _jane.JsonAsync($"/jobs/{id}/events"))["items"]!.AsArray();
        foreach (var e in all)
        {
            var at = await _jane.JsonAsync($"/jobs/{id}/at?time={Uri.EscapeDataString((string)e!["at"]!)}");
            var last = all.Last(other => (DateTimeOffset)other!["at"]! <= (DateTimeOffset)e["at"]!)!;
            ((int)at["version"]!).ShouldBe((int)last["version"]!);
            at.ToJsonString().ShouldBe((await _jane.JsonAsync($"/jobs/{id}/at/{last["version"]}")).ToJsonString());
        }

        // As it stands in the event, with a plus sign that nobody escaped.
        (await _jane.JsonAsync($"/jobs/{id}/at?time={all[0]!["at"]}"))["version"]
            .ShouldNotBeNull();
        using var early = await _jane.GetAsync($"/jobs/{id}/at?time=2001-01-01T00:00:00Z");
        (await early.RefusalAsync()).ShouldBe("404 not-found");
        ((string)(await early.JsonAsync())["detail"]!).ShouldStartWith("The history begins later, at 20");
        foreach (var time in new[] { "", "?time=", "?time=now", "?time=2026-01-05T09:30:00", "?time=2026-01-05" })
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/at{time}");
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values", time);
        }
    }

    [Fact]
    public async Task The_difference_of_a_failure_and_its_retry_tells_what_changed()
    {
        string id;
        using (host.Engine.FailFor("bassoon", ProviderFailure.ContentRefused, Task.CompletedTask))
        {
            id = await _jane.SubmitAsync("The bassoon is unspeakable.");
            await _jane.UntilAsync(id, "failed");
        }

        var failed = (int)(await _jane.JsonAsync($"/jobs/{id}/diff"))["to"]!;
        using (await _jane.RetryAsync(id)) { }
        await _jane.UntilAsync(id, "completed");

        var all = await _jane.JsonAsync($"/jobs/{id}/diff");
        var retry = await _jane.JsonAsync($"/jobs/{id}/diff?from={failed}");

        ((int)all["from"]!).ShouldBe(0);
        (retry["events"]!.AsArray().Count + failed).ShouldBe((int)retry["to"]!);
        ((string)retry["events"]![0]!["type"]!).ShouldBe("jobs.job_reopened.v1");
        var changes = retry["changes"]!.AsArray().ToDictionary(c => (string)c!["path"]!, c => c!);
        ((string)changes["/status"]["before"]!).ShouldBe("Failed");
        ((string)changes["/status"]["after"]!).ShouldBe("Completed");
        ((int)changes["/run"]["after"]!).ShouldBe(2);
        changes.Keys.ShouldNotContain("/voice");
        (await _jane.JsonAsync($"/jobs/{id}/diff?from=3&to=3"))["changes"]!.AsArray().ShouldBeEmpty();
        var (audit, _) = await ReplayAsync(await ExportAsync(id));
        ((bool)audit!["equal"]!).ShouldBeTrue($"{audit}");

        foreach (
            var (query, refusal) in new[]
            {
                ("from=2&to=1", "422 invalid-values"),
                ("from=-1", "422 invalid-values"),
                ("to=tomorrow", "422 invalid-values"),
                ("to=99999", "404 not-found"),
                ("from=99999&to=1", "404 not-found"),
            }
        )
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/diff?{query}");
            (await refused.RefusalAsync()).ShouldBe(refusal, query);
        }
    }

    [Fact]
    public async Task An_export_replays_to_the_live_job_and_to_the_same_job_without_one_for_others()
    {
        var id = (string)(await _jane.MakeAsync("# One\n\nIt snows.\n\n# Two\n\nIt melts.\n"))["id"]!;
        var document = await ExportAsync(id);

        var (audit, mine) = await ReplayAsync(document);
        var (none, theirs) = await ReplayAsync(document, await host.SignUpAsync());

        ((bool)audit!["equal"]!).ShouldBeTrue($"{audit}");
        ((bool)audit["rowsCompared"]!).ShouldBeTrue();
        none.ShouldBeNull();
        theirs["state"]!.ToJsonString().ShouldBe(mine["state"]!.ToJsonString());
        theirs["state"]!
            .ToJsonString()
            .ShouldBe((await _jane.JsonAsync($"/jobs/{id}/at/{document["version"]}"))["state"]!.ToJsonString());
        mine["views"]!
            .AsArray()
            .Select(v => (string)v!["table"]!)
            .ShouldBe(["jobs.job_view", "jobs.chunks", "jobs.segments"]);
        ((string)mine["views"]![0]!["rows"]![0]!["status"]!).ShouldBe("completed");
        theirs["views"]![0]!.ToJsonString().ShouldBe(mine["views"]![0]!.ToJsonString());
        var (early, atTwo) = await ReplayAsync(document, version: 2);
        ((string)atTwo["state"]!["status"]!).ShouldBe("Running");
        ((bool)early!["rowsCompared"]!).ShouldBeFalse();

        await _jane.DeleteAsync(id);
        await Eventually.IsAsync(
            async () => (int)(await _jane.GetAsync($"/jobs/{id}")).StatusCode,
            status => status == 404,
            "the job is deleted"
        );
        (await ReplayAsync(document)).Audit.ShouldBeNull();
        foreach (var path in new[] { "events", "at/1", "at?time=2026-01-05T09:30:00Z", "diff", "events/export" })
        {
            using var gone = await _jane.GetAsync($"/jobs/{id}/{path}");
            (await gone.RefusalAsync()).ShouldBe("404 not-found", path);
        }
    }

    [Theory]
    [InlineData("format", "\"other\"", "/format")]
    [InlineData("formatVersion", "2", "/formatVersion")]
    [InlineData("kind", "\"wallet\"", "/kind")]
    [InlineData("stream", "\"voice_01jbrc2ahvfh68wqz0e60r18x5\"", "/stream")]
    [InlineData("workspace", "\"\"", "/workspace")]
    [InlineData("version", "1", "/version")]
    [InlineData("count", "1", "/count")]
    [InlineData("sha256", "\"00\"", "/sha256")]
    [InlineData("events", "[]", "/events,/version,/count")]
    [InlineData("events", "[null]", "/version,/count")]
    [InlineData("events", "null", "/events")]
    [InlineData("events.0.version", "2", "/events/0/version")]
    [InlineData("events.1.type", "\"jobs.job_started.v99\"", "/events/1/type")]
    [InlineData("events.1.type", "\"billing.wallet_opened.v1\"", "/events/1/type")]
    [InlineData("events.1.data", "{}", "/events/1/data")]
    [InlineData("events.1.data", "{\"run\":\"x\"}", "/events/1/data/run")]
    [InlineData("events.1.data", "{\"run\":7}", "/sha256")]
    [InlineData("events.1.at", "\"yesterday\"", "/events/1/at")]
    [InlineData("events.1.id", "\"00000000-0000-0000-0000-00000000000g\"", "/events/1/id")]
    [InlineData("events.1.actor", "null", "/events/1/actor")]
    [InlineData("events.1.more", "1", "/events/1/more")]
    public async Task A_document_that_is_not_ours_is_refused_where_it_is_wrong(
        string place,
        string value,
        string pointers
    )
    {
        var document = Small();
        var names = place.Split('.');
        var at = names[..^1]
            .Aggregate((JsonNode)document, (node, name) => int.TryParse(name, out var i) ? node[i]! : node[name]!);
        at[names[^1]] = JsonNode.Parse(value);

        using var refused = await PostAsync(document.ToJsonString());

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        (await refused.JsonAsync())["errors"]!
            .AsArray()
            .Select(e => (string)e!["pointer"]!)
            .ShouldBe(pointers.Split(','));
    }

    [Fact]
    public async Task What_can_not_have_happened_is_refused_at_its_event()
    {
        // Nothing has so few samples a second: the length of it divides by zero.
        var silent = Document([Submitted, new ChunkSynthesized(0, "a", 1, 0, "s", 1)]);
        var twice = Document([Submitted, new JobStarted(1), Submitted]);
        var unstorable = Document([Submitted with { Voice = "a\u0001" }, Submitted with { Format = "b" }]);

        foreach (
            var (document, pointer) in new[] { (silent, "/events/1"), (twice, "/events/2"), (unstorable, "/events/1") }
        )
        {
            using var refused = await PostAsync(document.ToJsonString());
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
            ((string)(await refused.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe(pointer);
        }
    }

    [Fact]
    public async Task Documents_with_bytes_that_flipped_are_refused_or_replayed_and_never_break_anything()
    {
        var good = Encoding.UTF8.GetBytes(Small().ToJsonString());
        var statuses = new Dictionary<int, int>();
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var bad = good.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
                bad[random.Next(bad.Length)] = (byte)(
                    seed % 3 == 0 ? random.Next(256) : "0123456789\"{}[],:\\u-e"[random.Next(20)]
                );
            if (seed % 7 == 0)
                bad = bad[..random.Next(bad.Length)];

            using var answer = await PostAsync(bad);

            ((int)answer.StatusCode).ShouldBeOneOf([200, 400, 422], $"seed {seed}: {Encoding.UTF8.GetString(bad)}");
            statuses[(int)answer.StatusCode] = statuses.GetValueOrDefault((int)answer.StatusCode) + 1;
        }

        output.WriteLine(string.Join(", ", statuses));
        statuses.Keys.ShouldContain(400);
        statuses.Keys.ShouldContain(422);
    }

    [Fact]
    public async Task A_job_of_ten_thousand_chunks_is_exported_and_replayed_and_holds_up_nobody()
    {
        var job = Guid.CreateVersion7();
        var events = TenThousandChunks();
        try
        {
            for (var version = 0; version < events.Count; version += 100)
                await AppendAsync(job, version, [.. events.Skip(version).Take(100)]);

            var started = Stopwatch.GetTimestamp();
            using var exported = await _jane.GetAsync($"/jobs/{PublicId.Format("job", job)}/events/export");
            var document = await exported.Content.ReadAsByteArrayAsync(Cancel);
            var export = Stopwatch.GetElapsedTime(started);
            started = Stopwatch.GetTimestamp();
            var replaying = PostAsync(document);
            var writers = await WritersAsync(replaying);
            using var answer = await replaying;
            var whole = Stopwatch.GetElapsedTime(started);
            output.WriteLine(
                $"{events.Count} events, {document.Length} bytes: exported in {export.TotalMilliseconds:0} ms, replayed in {whole.TotalMilliseconds:0} ms; {writers} of its transactions were seen writing"
            );

            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var replay = await answer.JsonAsync();
            ((bool)replay["audit"]!["equal"]!).ShouldBeTrue($"{replay["audit"]}");
            ((int)replay["state"]!["chunksDone"]!).ShouldBe(10_000);
            // Readers of the log wait for whoever has written something: so it may not be one transaction that writes it all.
            writers.ShouldBeGreaterThanOrEqualTo(3);
        }
        finally
        {
            await AppendAsync(job, events.Count, [new JobDeleted()]); // nobody paid for it: audits of other tests would say so
        }
    }

    /// <summary>How many transactions that wrote something were seen while it was at work.</summary>
    private async Task<int> WritersAsync(Task work)
    {
        var seen = new HashSet<string>();
        while (!work.IsCompleted)
            seen.UnionWith(
                await host.ScalarAsync<string[]>(
                    """
                    select coalesce(array_agg(backend_xid::text), '{}') from pg_stat_activity
                    where datname = current_database() and application_name = 'lectern-scratch' and backend_xid is not null
                    """
                )
            );
        return seen.Count;
    }

    private SessionContext Context => new(_jane.Workspace, "system", _jane.Workspace);

    private async Task AppendAsync(Guid job, int version, object[] events)
    {
        await using var session = host.Services.GetRequiredService<EventStore>().OpenSession(Context);
        if (version == 0)
            session.StartStream<Job>(job, events);
        else
            session.Append<Job>(job, version, events);
        await session.SaveChangesAsync(Cancel);
    }

    private static List<object> TenThousandChunks()
    {
        var hash = new string('a', 64);
        var events = new List<object> { Submitted, new JobStarted(1), new ManuscriptPrepared(50, 0, 10_000, 2_500, 1) };
        for (var i = 0; i < 10_000; i++)
        {
            events.Add(new ChunkSynthesized(i, hash, 40_000, 16_000, hash, 80_044));
            if (i % 4 == 3)
                events.Add(new SegmentEncoded(i / 4, hash, 441_000, 160_000));
        }

        events.Add(new JobCompleted(5));
        return events;
    }

    [Fact]
    public async Task A_document_that_is_too_large_is_refused()
    {
        using var content = new ByteArrayContent(new byte[DocumentCheck.MaxBytes + 1]);
        content.Headers.ContentType = new("application/json");
        // Who asks first, as curl does, need not send it all to be told.
        using var large = await _jane.SendAsync(HttpMethod.Post, "/jobs/replay", content, ("Expect", "100-continue"));
        (await large.RefusalAsync()).ShouldBe("413 too-large");

        var many = Small();
        many["events"] = new JsonArray([
            .. Enumerable.Range(0, DocumentCheck.MaxEvents + 1).Select(_ => many["events"]![0]!.DeepClone()),
        ]);
        using var refused = await PostAsync(many.ToJsonString());
        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        (await refused.JsonAsync())["errors"]!.AsArray().Select(e => (string)e!["pointer"]!).ShouldContain("/events");
    }

    private static JobSubmitted Submitted { get; } =
        new("audiobook", "flite-slt", "m4b", 64, 100, Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b601"), 2_000, "p1");

    private static JsonObject Small() => Document([Submitted, new JobStarted(1)]);

    private static JsonObject Document(object[] events)
    {
        var model = new EventingBuilder(new ServiceCollection());
        new JobsModule().AddEventing(model);
        var written = events
            .Select(
                (e, i) =>
                    new DocumentEvent(
                        Guid.CreateVersion7(),
                        i + 1,
                        model.EventTypes.NameOf(e.GetType()),
                        JsonElement.Parse(model.EventTypes.Write(e).Json),
                        "system",
                        Guid.CreateVersion7(),
                        null,
                        null,
                        new DateTimeOffset(2026, 1, 5, 9, 30, i, TimeSpan.Zero)
                    )
            )
            .ToList();
        return JsonSerializer
            .SerializeToNode(
                new StreamDocument(
                    StreamDocument.FormatName,
                    StreamDocument.FormatNumber,
                    "job",
                    PublicId.Format("job", Guid.CreateVersion7()),
                    PublicId.Format("workspace", Guid.CreateVersion7()),
                    events.Length,
                    DateTimeOffset.UnixEpoch,
                    written,
                    events.Length,
                    DocumentCheck.HashOf(written)
                ),
                StrictJson.Options
            )!
            .AsObject();
    }

    private async Task<JsonNode> ExportAsync(string id) => await _jane.JsonAsync($"/jobs/{id}/events/export");

    private async Task<(JsonNode? Audit, JsonNode Replay)> ReplayAsync(
        JsonNode document,
        Person? person = null,
        int? version = null
    )
    {
        using var answer = await PostAsync(Encoding.UTF8.GetBytes(document.ToJsonString()), person, version);
        var replay = await answer.JsonAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{replay}");
        return (replay["audit"], replay);
    }

    private Task<HttpResponseMessage> PostAsync(string document) => PostAsync(Encoding.UTF8.GetBytes(document));

    private Task<HttpResponseMessage> PostAsync(byte[] document, Person? person = null, int? version = null)
    {
        var content = new ByteArrayContent(document);
        content.Headers.ContentType = new("application/json");
        var query = version is null ? "" : $"?version={version}";
        return (person ?? _jane).SendAsync(HttpMethod.Post, $"/jobs/replay{query}", content);
    }
}
