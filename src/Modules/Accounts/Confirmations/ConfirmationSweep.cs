using Lectern.Eventing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Accounts.Confirmations;

/// <summary>Every hour: deletes what nobody confirmed in time, and sign-ins that never came back from their issuer.</summary>
internal sealed partial class ConfirmationSweep(EventStore store, TimeProvider time, ILogger<ConfirmationSweep> log)
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
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(log, e); // the next hour tries again
            }
        }
    }

    /// <summary>One sweep.</summary>
    internal async Task SweepAsync(CancellationToken stop)
    {
        await using var session = store.OpenWorkerSession(
            new SessionContext(Guid.Empty, "system", Guid.CreateVersion7())
        );
        session.Execute("delete from accounts.confirmations where expires_at <= now()");
        session.Execute("delete from accounts.openid_flows where expires_at <= now()");
        await session.SaveChangesAsync(stop);
    }

    [LoggerMessage(LogLevel.Error, "Sweeping up what was not confirmed failed.")]
    private static partial void LogFailed(ILogger log, Exception error);
}
