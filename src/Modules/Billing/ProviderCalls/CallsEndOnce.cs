using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.ProviderCalls;

/// <summary>Each call that is older than any call can be has one outcome, and no outcome is without its call.</summary>
internal sealed class CallsEndOnce(EventStore store, IOptions<ProviderCallSettings> settings) : IAuditCheck
{
    private const int PageSize = 5000;

    /// <summary>For a sweep to come by, a few times over.</summary>
    internal static readonly TimeSpan Grace = 10 * CallSweep.Every;

    private static readonly Guid Last = Guid.AllBitsSet;

    public string Name => "billing.provider_calls_end_once";

    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        var breaches = new List<string>();
        for (var (after, upTo) = (Guid.Empty, Guid.Empty); upTo != Last; after = upTo)
        {
            var ends = await session.QueryAsync(
                "select id from billing.provider_calls where id > $1 order by id offset $2 limit 1",
                row => row.GetGuid(0),
                cancel,
                after,
                PageSize
            );
            upTo = ends.Count == 0 ? Last : ends[0];
            breaches.AddRange(
                await session.QueryAsync(
                    """
                    select format('provider call %s has %s outcomes', coalesce(c.id, e.call_id), count(e.call_id))
                        || case when c.id is null then ' and is not on record' else '' end
                    from (select id, started_at from billing.provider_calls where id > $1 and id <= $2) c
                    full join (select call_id from billing.provider_call_ends where call_id > $1 and call_id <= $2) e
                        on e.call_id = c.id
                    group by c.id, e.call_id, c.started_at
                    having c.id is null or count(e.call_id) > 1 or (count(e.call_id) = 0 and c.started_at < now() - $3)
                    """,
                    row => row.GetString(0),
                    cancel,
                    after,
                    upTo,
                    settings.Value.UnknownAfter + Grace
                )
            );
        }

        return breaches;
    }
}
