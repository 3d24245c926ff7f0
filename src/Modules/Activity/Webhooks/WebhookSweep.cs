using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Webhooks;

/// <summary>Forgets old deliveries, secrets that sign no more, and webhooks that were deleted.</summary>
internal sealed class WebhookSweep(
    EventStore store,
    IOptions<WebhookSettings> settings,
    TimeProvider time,
    ILogger<WebhookSweep> log
) : PeriodicWork(TimeSpan.FromHours(1), time, log)
{
    private const int PageSize = 5_000;

    protected override Task DoAsync(CancellationToken stop) => SweepAsync(stop);

    internal async Task SweepAsync(CancellationToken stop)
    {
        await DeleteOldSecretsAsync(stop);
        while (await DeleteDeliveriesAsync(Old, stop, settings.Value.KeepFor) == PageSize) { }
        while (await DeleteDeliveriesAsync(OfDeleted, stop) == PageSize) { }
        await using var session = Open(Guid.Empty);
        // What was told of it goes first; the day is for who was just reading that it was there.
        session.Execute(
            """
            delete from activity.webhooks w where deleted_at < now() - interval '1 day'
            and not exists (select from activity.webhook_deliveries where webhook_id = w.id)
            """
        );
        await session.SaveChangesAsync(stop);
    }

    // Two statements, for each has an index of its own.
    private const string Old = """
        select id from activity.webhook_deliveries where ended_at < now() - $2::interval order by ended_at limit $1
        """;

    private const string OfDeleted = """
        select id from activity.webhook_deliveries
        where webhook_id = any (array(select id from activity.webhooks where deleted_at is not null))
        and ended_at is not null limit $1
        """;

    private async Task<int> DeleteDeliveriesAsync(string which, CancellationToken stop, params object[] values)
    {
        await using var reading = Open(Guid.Empty);
        var old = await reading.QueryAsync(which, row => row.GetGuid(0), stop, [PageSize, .. values]);
        await using var session = Open(Guid.Empty);
        if (old.Count > 0)
            session.Execute("delete from activity.webhook_deliveries where id = any($1)", old.ToArray());
        await session.SaveChangesAsync(stop);
        return old.Count;
    }

    private async Task DeleteOldSecretsAsync(CancellationToken stop)
    {
        await using var reading = Open(Guid.Empty);
        var old = await reading.QueryAsync(
            "select workspace_id, id, old_secret_id from activity.webhooks where old_secret_until <= now()",
            row => (Workspace: row.GetGuid(0), Webhook: row.GetGuid(1), Secret: row.GetGuid(2)),
            stop
        );
        foreach (var (workspace, webhook, secret) in old)
        {
            await using var session = Open(workspace);
            session.Execute(
                """
                update activity.webhooks set old_secret_id = null, old_secret_until = null
                where id = $1 and old_secret_id = $2
                """,
                webhook,
                secret
            );
            WorkspaceSecrets.Delete(session, secret);
            await session.SaveChangesAsync(stop);
        }
    }

    private Session Open(Guid workspace) => store.OpenSystemSession(workspace);
}
