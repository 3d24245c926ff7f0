using Lectern.Eventing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Sessions;

/// <summary>
/// Deletes what no decision needs any more: revocations that outlived every token, sessions that ended long ago, and used
/// refresh tokens that are older than a session may be idle. A thief who comes even later is refused, but unnoticed.
/// </summary>
internal sealed partial class SessionSweep(
    EventStore store,
    IOptions<AccountsSettings> settings,
    TimeProvider time,
    ILogger<SessionSweep> log
) : BackgroundService
{
    /// <summary>How long an ended session is kept, with device and address, for its owner to ask about.</summary>
    internal static readonly TimeSpan KeepEnded = TimeSpan.FromDays(30);

    private static readonly TimeSpan KeepRevocations = TimeSpan.FromHours(2);
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>One sweep.</summary>
    internal async Task SweepAsync(CancellationToken cancel)
    {
        await using var session = store.OpenWorkerSession(
            new SessionContext(Guid.Empty, "system", Guid.CreateVersion7())
        );
        session.Execute("delete from accounts.revocations where at < now() - $1", KeepRevocations);
        session.Execute(
            "delete from accounts.refresh_tokens where used_at < now() - $1",
            TimeSpan.FromDays(settings.Value.SessionIdleDays)
        );
        session.Execute(
            "delete from accounts.sessions where least(ended_at, expires_at) < now() - $1", // its tokens go with it
            KeepEnded
        );
        await session.SaveChangesAsync(cancel);
    }

    /// <inheritdoc/>
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

    [LoggerMessage(LogLevel.Error, "Old sessions could not be deleted.")]
    private static partial void LogFailed(ILogger log, Exception error);
}
