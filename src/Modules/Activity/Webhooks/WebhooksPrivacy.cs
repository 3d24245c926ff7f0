using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Activity.Webhooks;

/// <summary>Erases a workspace's webhooks and what they were told; their secrets go with the workspace's vault.</summary>
internal sealed class WebhooksErasure(EventStore store) : IErasePart
{
    private const int PageSize = 5_000;

    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        await using var session = store.OpenSystemSession(workspace);
        var deliveries = await session.QueryAsync(
            "select id from activity.webhook_deliveries where workspace_id = $1 limit $2",
            row => row.GetGuid(0),
            stop,
            workspace,
            PageSize
        );
        session.Execute("update activity.webhooks set deleted_at = now() where workspace_id = $1", workspace);
        session.Execute("delete from activity.webhook_deliveries where id = any($1)", deliveries.ToArray());
        if (deliveries.Count < PageSize)
            session.Execute(
                """
                delete from activity.webhooks w where workspace_id = $1
                and not exists (select from activity.webhook_deliveries where webhook_id = w.id)
                """,
                workspace
            );
        await session.SaveChangesAsync(stop);
        return deliveries.Count == 0;
    }
}

/// <summary>What webhooks add to an export: those of the personal workspace.</summary>
internal sealed class WebhooksExport(EventStore store) : IExportPart
{
    public string Name => "webhooks";

    public string About => "the webhooks of your personal workspace; their secrets are shown to nobody.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenSession(subject);
        var webhooks = await session.QueryAsync(
            $"""
            select {WebhookView.Columns} from activity.webhooks
            where workspace_id = $1 and deleted_at is null order by created_at, id
            """,
            WebhookView.Read,
            cancel,
            subject.Workspace
        );
        foreach (var webhook in webhooks)
            await folder.WriteJsonAsync($"{webhook.Id}.json", webhook, cancel);
    }
}
