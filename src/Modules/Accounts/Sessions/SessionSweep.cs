using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Sessions;

/// <summary>
/// Deletes what no decision needs any more: revocations that outlived every token, tickets that nobody used, sessions that
/// ended long ago, and used refresh tokens that are older than a session may be idle. A thief who comes even later is
/// refused, but unnoticed.
/// </summary>
internal sealed class SessionSweep(
    EventStore store,
    IOptions<AccountsSettings> settings,
    TimeProvider time,
    ILogger<SessionSweep> log
) : PeriodicWork(Every, time, log)
{
    /// <summary>How long an ended session is kept, with device and address, for its owner to ask about.</summary>
    internal static readonly TimeSpan KeepEnded = TimeSpan.FromDays(30);

    private static readonly TimeSpan KeepRevocations = TimeSpan.FromHours(2);
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override Task DoAsync(CancellationToken stop) => SweepAsync(stop);

    /// <summary>One sweep.</summary>
    internal async Task SweepAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        session.Execute("delete from accounts.revocations where at < now() - $1", KeepRevocations);
        session.Execute("delete from accounts.live_tickets where expires_at < now()");
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
}
