using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using Lectern.Providers;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Host.Telemetry;

/// <summary>One submitted job is one trace, from the request over the queue to the engines.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class TraceTests : IDisposable
{
    private readonly JobsHost _host;
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly ConcurrentQueue<System.Diagnostics.Activity> _ended = new();
    private readonly ActivityListener _listener;

    public TraceTests(JobsHost host)
    {
        _host = host;
        _listener = new ActivityListener
        {
            // The sources that the export listens to.
            ShouldListenTo = source =>
                source.Name is "Microsoft.AspNetCore" or "Npgsql"
                || source.Name.StartsWith("Lectern.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == _trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == _trace)
                    _ended.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task A_trace_spans_the_request_the_messages_the_statements_and_the_calls_of_engines()
    {
        var id = await SubmitAsync("The lighthouse keeper counts ships.");

        var submit = Of("Microsoft.AspNetCore").ShouldHaveSingleItem();
        submit.Kind.ShouldBe(ActivityKind.Server);
        var messages = Of("Lectern.Eventing");
        messages.ShouldAllBe(message => message.Kind == ActivityKind.Consumer);
        foreach (var step in new[] { "prepare_manuscript", "synthesize_chunk", "encode_segment", "package_audiobook" })
        {
            var message = messages.First(each => each.DisplayName == $"jobs.{step}.v1");
            message.GetTagItem("outcome").ShouldBe("handled");
            message.GetTagItem("lane").ShouldBe(step == "prepare_manuscript" ? "jobs" : "render");
            AncestorsOf(message).ShouldContain(submit.SpanId, $"{step} comes of the request");
        }

        var call = Of("Lectern.Providers").First();
        call.Kind.ShouldBe(ActivityKind.Client);
        (
            call.DisplayName,
            call.GetTagItem("provider"),
            call.GetTagItem("ability"),
            call.GetTagItem("outcome")
        ).ShouldBe(("speech flite", "flite", "speech", (object)"succeeded"));
        AncestorsOf(call).ShouldContain(messages.First(m => m.DisplayName == "jobs.synthesize_chunk.v1").SpanId);
        AncestorsOf(call).ShouldContain(submit.SpanId);
        Of("Npgsql").ShouldContain(statement => AncestorsOf(statement).Contains(call.SpanId), "the call is recorded");
        _ended
            .SelectMany(activity => activity.TagObjects)
            .ShouldNotContain(tag => $"{tag.Value}".Contains("lighthouse", StringComparison.OrdinalIgnoreCase));
        id.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_call_of_a_service_that_fails_says_how_and_its_message_is_an_error()
    {
        using var fault = _host.Cloud.FailOnceFor("harpoon", ProviderFailure.Busy, TimeSpan.FromMilliseconds(1));
        await SubmitAsync("A harpoon flies.", CloudEngine.Voice);

        var failed = Of("Lectern.Providers").First(call => call.Status == ActivityStatusCode.Error);
        (failed.GetTagItem("provider"), failed.GetTagItem("outcome"), failed.GetTagItem("error.type")).ShouldBe(
            ("cloud", "busy", (object)"busy")
        );
        Of("Lectern.Providers").ShouldContain(call => (string)call.GetTagItem("outcome")! == "succeeded");
    }

    public void Dispose() => _listener.Dispose();

    private async Task<string> SubmitAsync(string text, string voice = "flite-slt")
    {
        var jane = await _host.SignUpAsync();
        using var answer = await jane.SendAsync(
            HttpMethod.Post,
            "/jobs",
            JsonContent.Create(
                new
                {
                    text,
                    voice,
                    format = "wav",
                }
            ),
            ("Idempotency-Key", $"{Guid.NewGuid()}"),
            ("traceparent", $"00-{_trace}-{ActivitySpanId.CreateRandom()}-01")
        );
        var id = (string)(await answer.JsonAsync())["id"]!;
        await jane.UntilAsync(id, "completed");
        // The last message's span ends a moment after what it has written is seen.
        await Eventually.IsAsync(
            () => Task.FromResult(Of("Lectern.Eventing").Exists(m => m.DisplayName == "jobs.package_audiobook.v1")),
            isThere => isThere,
            "the last step's span has ended"
        );
        return id;
    }

    private List<System.Diagnostics.Activity> Of(string source) =>
        [.. _ended.Where(activity => activity.Source.Name == source)];

    private HashSet<ActivitySpanId> AncestorsOf(System.Diagnostics.Activity activity)
    {
        var parents = _ended.ToLookup(each => each.SpanId, each => each.ParentSpanId);
        var found = new HashSet<ActivitySpanId>();
        for (var at = activity.ParentSpanId; found.Add(at); )
            if (parents[at].Any())
                at = parents[at].First();
        return found;
    }
}
