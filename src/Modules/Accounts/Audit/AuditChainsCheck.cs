using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Npgsql;

namespace Lectern.Accounts.Audit;

/// <summary>
/// Every entry of the audit log is the one that was written: its hash is that of its content and of the entry before it,
/// none is missing, and each chain's head is its last entry.
/// </summary>
internal sealed class AuditChainsCheck(EventStore store) : IAuditCheck
{
    private const int PageSize = 5000;

    /// <inheritdoc/>
    public string Name => "accounts.audit_chains_are_whole";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        return [.. await EntriesAsync(session, cancel), .. await HeadsAsync(session, cancel)];
    }

    /// <summary>
    /// Page by page in the chains' order. A page begins with the last entry of the page before, so that the entry behind
    /// it finds its predecessor.
    /// </summary>
    private static async Task<List<string>> EntriesAsync(Session session, CancellationToken cancel)
    {
        var breaches = new List<string>();
        var (chain, number) = (Guid.Empty, 0L);
        while (true)
        {
            var page = await session.QueryAsync(
                """
                with page as (
                    select * from accounts.audit_log where (workspace_id, number) >= ($1, $2)
                    order by workspace_id, number limit $3)
                select workspace_id, number, coalesce(lag(number) over chain, 0) + 1,
                       hash = accounts.audit_hash(coalesce(lag(hash) over chain, ''), workspace_id, number, at, actor,
                                                  action, target, detail, correlation_id)
                from page window chain as (partition by workspace_id order by number) order by workspace_id, number
                """,
                row =>
                    (Chain: row.GetGuid(0), Number: row.GetInt64(1), Next: row.GetInt64(2), IsTrue: row.GetBoolean(3)),
                cancel,
                chain,
                number,
                PageSize
            );
            foreach (var entry in page.Where(entry => (entry.Chain, entry.Number) != (chain, number)))
                if (entry.Number != entry.Next)
                    breaches.Add($"{NameOf(entry.Chain)}: the entries {entry.Next} to {entry.Number - 1} are missing");
                else if (!entry.IsTrue)
                    breaches.Add($"{NameOf(entry.Chain)}: the entry {entry.Number} or the one before it was changed");
            if (page.Count < PageSize)
                return breaches;
            (chain, number) = (page[^1].Chain, page[^1].Number);
        }
    }

    private static Task<List<string>> HeadsAsync(Session session, CancellationToken cancel) =>
        session.QueryAsync(
            """
            select c.workspace_id, c.entries, coalesce(last.number, 0) from accounts.audit_chains c
            left join lateral (select number, hash from accounts.audit_log l where l.workspace_id = c.workspace_id
                               order by number desc limit 1) last on true
            where c.entries <> coalesce(last.number, 0) or c.head is distinct from last.hash
            union all
            select l.workspace_id, 0, count(*) from accounts.audit_log l
            where not exists (select from accounts.audit_chains c where c.workspace_id = l.workspace_id)
            group by l.workspace_id
            """,
            row => Describe(row),
            cancel
        );

    private static string Describe(NpgsqlDataReader row) =>
        $"{NameOf(row.GetGuid(0))}: the head says {row.GetInt64(1)} entries, and the last entry is {row.GetInt64(2)} or another one";

    internal static string NameOf(Guid chain) => chain == AuditLog.Platform ? "platform" : AccountIds.Workspace(chain);
}
