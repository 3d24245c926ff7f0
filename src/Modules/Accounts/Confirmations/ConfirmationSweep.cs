using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;

namespace Lectern.Accounts.Confirmations;

/// <summary>Every hour: deletes what nobody confirmed in time, and sign-ins that never came back from their issuer.</summary>
internal sealed class ConfirmationSweep(EventStore store, TimeProvider time, ILogger<ConfirmationSweep> log)
    : PeriodicWork(Every, time, log)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override Task DoAsync(CancellationToken stop) => SweepAsync(stop);

    /// <summary>One sweep.</summary>
    internal async Task SweepAsync(CancellationToken stop)
    {
        await using var session = store.OpenSystemSession();
        session.Execute("delete from accounts.confirmations where expires_at <= now()");
        session.Execute("delete from accounts.openid_flows where expires_at <= now()");
        await session.SaveChangesAsync(stop);
    }
}
