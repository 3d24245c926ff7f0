using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Eventing;

/// <summary>Runs a worker for each lane while the host runs, and lets them finish when it stops.</summary>
internal sealed class QueueRunner(
    EventStore store,
    MessageQueue queue,
    HostPresence host,
    IServiceProvider services,
    ILogger<QueueRunner> log
) : IHostedService
{
    private static readonly TimeSpan GiveBackWithin = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(
            store.Model.Lanes.Select(lane =>
                Task.Run(
                    () =>
                        new LaneWorker(lane.Key, lane.Value, store, queue, host, services, log).RunAsync(
                            _stop.Token,
                            _abort.Token
                        ),
                    CancellationToken.None
                )
            )
        );
        return Task.CompletedTask;
    }

    /// <summary>Stops claiming at once; what runs may finish until the host's shutdown timeout, then it is given back.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _abort.CancelAsync();
        // A handler that doesn't listen must not keep the process: its lease goes with the host's lock.
        await _running
            .WaitAsync(GiveBackWithin, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
