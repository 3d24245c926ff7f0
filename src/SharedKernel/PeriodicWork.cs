using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.SharedKernel;

/// <summary>
/// Work that every host does again and again while it runs: a sweep, a look around. A round that fails is logged, and the
/// next one tries again.
/// </summary>
/// <param name="every">How long it is from one round to the next.</param>
/// <param name="time">Measures it.</param>
/// <param name="log">Of the work's own class, which tells whose round failed.</param>
/// <param name="atStart">Whether the first round is at the start, and not only when the time has passed once.</param>
public abstract partial class PeriodicWork(TimeSpan every, TimeProvider time, ILogger log, bool atStart = false)
    : BackgroundService
{
    /// <summary>What the intervals are measured by, for the work to measure with, too.</summary>
    protected TimeProvider Time => time;

    /// <summary>One round.</summary>
    protected abstract Task DoAsync(CancellationToken stop);

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(every, time);
        if (atStart)
            await TryAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryAsync(stoppingToken);
    }

    private async Task TryAsync(CancellationToken stop)
    {
        try
        {
            await DoAsync(stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            LogFailed(log, GetType().Name, every, e);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Work} failed; it tries again in {Every}.")]
    private static partial void LogFailed(ILogger log, string work, TimeSpan every, Exception error);
}
