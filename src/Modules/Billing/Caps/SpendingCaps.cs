using Lectern.Billing.Ledger;
using Lectern.Eventing;
using NpgsqlTypes;

namespace Lectern.Billing.Caps;

/// <summary>A cap and what was used of it, in micro-credits.</summary>
/// <param name="ApiKey">For one key; all zeros for the workspace.</param>
/// <param name="Period"><c>day</c>, <c>month</c> or <c>ever</c>.</param>
/// <param name="Cap">What may be used; null for no cap.</param>
/// <param name="Used">Captured, and held in holds that have not ended.</param>
internal sealed record CapUse(Guid ApiKey, string Period, long? Cap, long Used)
{
    public string In =>
        Period switch
        {
            "day" => "in a day",
            "month" => "in a month",
            _ => "in all",
        };
}

/// <summary>Reads what is used of the caps of the session's workspace: in the present day and month, both UTC, and in all.</summary>
internal static class SpendingCaps
{
    public static Task<List<CapUse>> OfWorkspaceAsync(Session session, CancellationToken cancel) =>
        ReadAsync(session, [Guid.Empty], null, cancel);

    /// <summary>Those of one key; what it may spend in all is for the caller to know.</summary>
    public static Task<List<CapUse>> OfKeyAsync(Session session, Guid key, long? capInAll, CancellationToken cancel) =>
        ReadAsync(session, [key], capInAll, cancel);

    /// <summary>Of every key that was used or that has a cap; what a key may spend in all is not among it.</summary>
    public static async Task<List<CapUse>> OfKeysAsync(Session session, CancellationToken cancel)
    {
        var keys = await session.QueryAsync(
            """
            select api_key from billing.caps where wallet_id = $1 and api_key <> $2
            union select api_key from billing.spending where wallet_id = $1 and api_key <> $2 and period = 'ever'
            order by 1
            """,
            row => row.GetGuid(0),
            cancel,
            Wallet.IdOf(session.Context.Workspace),
            Guid.Empty
        );
        return await ReadAsync(session, [.. keys], null, cancel);
    }

    private static Task<List<CapUse>> ReadAsync(
        Session session,
        Guid[] keys,
        long? capInAll,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            """
            select k.key, p.period, case p.period when 'day' then c.daily when 'month' then c.monthly else $3 end,
                coalesce(s.used, 0)
            from unnest($2) with ordinality k (key, place)
            cross join (select (now() at time zone 'utc')::date as day) d
            cross join lateral (values (1, 'day', d.day), (2, 'month', date_trunc('month', d.day)::date), (3, 'ever', date '1970-01-01'))
                p (place, period, starts)
            left join billing.caps c on c.wallet_id = $1 and c.api_key = k.key
            left join billing.spending s
                on s.wallet_id = $1 and s.api_key = k.key and s.period = p.period and s.starts = p.starts
            order by k.place, p.place
            """,
            row => new CapUse(
                row.GetGuid(0),
                row.GetString(1),
                row.IsDBNull(2) ? null : row.GetInt64(2),
                row.GetInt64(3)
            ),
            cancel,
            Wallet.IdOf(session.Context.Workspace),
            keys,
            new Typed(capInAll, NpgsqlDbType.Bigint)
        );
}
