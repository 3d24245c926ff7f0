using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Accounts.Vault;

/// <summary>A vendor's API on a real port, which answers as it is told and keeps what it was sent.</summary>
internal sealed class FakeProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _stopped = new();

    private FakeProvider(WebApplication app) => _app = app;

    /// <summary>What it answers; by default that all is well.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    /// <summary>Path, query and headers of each request.</summary>
    public ConcurrentQueue<(string Path, Dictionary<string, string> Headers)> Received { get; } = new();

    public Uri Url => new(_app.Urls.Single() + "/v1/");

    /// <summary>Ends when the fake is stopped: for an answer that doesn't come.</summary>
    public Task Stopped => _stopped.Task;

    public static async Task<FakeProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var fake = new FakeProvider(app);
        app.Run(async http =>
        {
            fake.Received.Enqueue(
                (
                    $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}",
                    http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString())
                )
            );
            await fake.Answer(http);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return fake;
    }

    public async ValueTask DisposeAsync()
    {
        _stopped.TrySetResult();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
