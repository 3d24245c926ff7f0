using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;

namespace Lectern.Accounts.Audit;

/// <summary>
/// The database still has every entry of the audit log that was written down outside of it, with that hash. When all is
/// well, the heads of now are written down, too.
/// </summary>
internal sealed class AuditAnchorsCheck(EventStore store, AuditAnchors anchors) : IAuditCheck
{
    private const int PageSize = 1000;

    /// <inheritdoc/>
    public string Name => "accounts.audit_log_has_what_was_anchored";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        var breaches = new List<string>();
        await using var session = store.OpenSystemSession();
        await foreach (var page in anchors.ReadAllAsync(cancel).Chunk(PageSize).WithCancellation(cancel))
        {
            breaches.AddRange(page.Where(a => a is null).Select(_ => $"{anchors.File} has a line that is no anchor"));
            breaches.AddRange(await CompareAsync(session, [.. page.OfType<AuditAnchor>()], cancel));
        }

        if (breaches.Count == 0)
            await anchors.WriteAsync(cancel);
        return breaches;
    }

    private static Task<List<string>> CompareAsync(Session session, AuditAnchor[] anchored, CancellationToken cancel) =>
        session.QueryAsync(
            """
            select a.chain, a.entries, a.at, l.number is null
            from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[]) a (chain, entries, head, at)
            left join accounts.audit_log l on l.workspace_id = a.chain and l.number = a.entries
            where l.hash is distinct from decode(a.head, 'hex')
            """,
            row =>
                $"{AuditChainsCheck.NameOf(row.GetGuid(0))}: the entry {row.GetInt64(1)}, anchored at {row.GetDateTime(2):u}, {(row.GetBoolean(3) ? "is missing" : "is another one now")}",
            cancel,
            anchored.Select(a => a.Chain).ToArray(),
            anchored.Select(a => a.Entries).ToArray(),
            anchored.Select(a => a.Head).ToArray(),
            anchored.Select(a => a.At).ToArray()
        );
}
