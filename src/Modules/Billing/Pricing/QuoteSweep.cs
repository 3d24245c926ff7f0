using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;
using Microsoft.Extensions.Logging;

namespace Lectern.Billing.Pricing;

/// <summary>
/// Every hour: deletes quotes that nobody accepted. For a day after its end a quote is told to have expired, later not to
/// be there. Accepted ones stay: they are what a job's hold was made by.
/// </summary>
internal sealed class QuoteSweep(EventStore store, TimeProvider time, ILogger<QuoteSweep> log)
    : PeriodicWork(Every, time, log)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeepExpired = TimeSpan.FromDays(1);

    protected override Task DoAsync(CancellationToken stop) => SweepAsync(stop);

    /// <summary>One sweep.</summary>
    internal async Task SweepAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        session.Execute("delete from billing.quotes where job_id is null and valid_until < now() - $1", KeepExpired);
        await session.SaveChangesAsync(cancel);
    }
}

/// <summary>
/// Erases a workspace's quotes: their fingerprints follow from its texts. Holds name amounts and price lists themselves.
/// </summary>
internal sealed class QuotesErasure(EventStore store) : IErasePart
{
    /// <inheritdoc/>
    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        await using var session = store.OpenSystemSession(workspace);
        session.Execute("delete from billing.quotes where workspace_id = $1", workspace);
        await session.SaveChangesAsync(stop);
        return true;
    }
}
