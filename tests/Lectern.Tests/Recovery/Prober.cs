using System.Collections.Concurrent;
using System.Net;

namespace Lectern.Tests.Recovery;

/// <summary>A client that reads all the time, and notes what it should not see.</summary>
internal sealed class Prober : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private int _refusals;

    public Prober(HttpClient client)
    {
        _client = client;
        _reading = ReadAsync();
    }

    /// <summary>Answers that are neither good nor a 503 that says when to come again.</summary>
    public ConcurrentQueue<string> Unexpected { get; } = [];

    /// <summary>Waits until two more requests were answered with 503: the second began when the first had failed.</summary>
    public Task SeesOutageAsync(TimeSpan patience)
    {
        var before = Volatile.Read(ref _refusals);
        return Poll.UntilAsync(
            "the API answers 503",
            patience,
            () => Task.FromResult(Volatile.Read(ref _refusals) >= before + 2),
            TestContext.Current.CancellationToken
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        string[] addresses = ["/api/v1/jobs", "/api/v1/credits", "/api/v1/queue"];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            for (var i = 0; await timer.WaitForNextTickAsync(_stop.Token); i++)
            {
                using var answer = await _client.GetAsync(addresses[i % addresses.Length], _stop.Token);
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null)
                    Interlocked.Increment(ref _refusals);
                else if (answer.StatusCode != HttpStatusCode.OK)
                    Unexpected.Enqueue($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(_stop.Token)}");
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // the test has seen enough
        }
        catch (HttpRequestException lost)
        {
            Unexpected.Enqueue(lost.Message);
        }
    }
}
