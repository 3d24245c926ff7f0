using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;

namespace Lectern.Tests.Accounts;

/// <summary>The SQL that one request sends, by its trace: other tests' statements have others.</summary>
internal sealed class SqlOfRequest : IDisposable
{
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly ConcurrentQueue<string> _texts = new();
    private readonly ActivityListener _listener;

    public SqlOfRequest()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == "Npgsql" && activity.TraceId == _trace)
                    foreach (var (name, value) in activity.TagObjects)
                        if (name is "db.query.text" or "db.statement")
                            _texts.Enqueue($"{value}");
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyCollection<string> Texts => _texts;

    public async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("traceparent", $"00-{_trace}-{ActivitySpanId.CreateRandom()}-01");
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _listener.Dispose();
}
