using Lectern.Eventing;
using Lectern.SharedKernel.Http;

namespace Lectern.Host;

/// <summary>Every hour: forgets the answers whose published retention is over.</summary>
internal sealed partial class Housekeeping(QueueOperations queue, TimeProvider time, ILogger<Housekeeping> log)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await queue.ForgetAnswersAsync(Idempotency.Retention, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(log, e); // the next hour tries again
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Housekeeping failed.")]
    private static partial void LogFailed(ILogger log, Exception error);
}
