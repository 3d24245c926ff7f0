using Lectern.Eventing;
using Lectern.SharedKernel.Audit;

namespace Lectern.Billing.Audit;

/// <summary>
/// An invariant as one query, which returns a line for each breach among some wallets (<c>$1</c>). One statement sees
/// one moment, so that wallets may move while they are audited. Most of these the schema's constraints make impossible;
/// they are looked for all the same, since a restored or repaired database may have lost a constraint.
/// </summary>
internal sealed class RowsAgree(EventStore store, string name, string sql) : IAuditCheck
{
    public string Name => name;

    public Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel) =>
        WalletPages.CollectAsync(
            store,
            async (session, wallets) => await session.QueryAsync(sql, row => row.GetString(0), cancel, wallets),
            cancel
        );

    public static readonly (string Name, string Sql)[] Queries =
    [
        (
            "billing.nothing_is_overdrawn",
            """
            select format('wallet %s has %s posted and %s held', id, posted, held)
            from billing.wallets
            where id = any($1) and (posted < 0 or held < 0 or posted - held < 0)
            """
        ),
        (
            "billing.balance_is_the_sum_of_the_ledger",
            """
            select format('wallet %s has %s posted and %s held, but its ledger sums to %s and %s',
                w.id, w.posted, w.held, l.posted, l.held)
            from billing.wallets w cross join lateral (
                select coalesce(sum(posted_change), 0) as posted, coalesce(sum(held_change), 0) as held
                from billing.ledger where wallet_id = w.id) l
            where w.id = any($1) and (w.posted <> l.posted or w.held <> l.held)
            """
        ),
        (
            "billing.held_is_the_sum_of_open_holds",
            """
            select format('wallet %s has %s held, but its open holds sum to %s', w.id, w.held, o.held)
            from billing.wallets w cross join lateral (
                select coalesce(sum(amount), 0) as held from billing.holds h
                where wallet_id = w.id and not exists (select from billing.hold_ends where hold_id = h.id)) o
            where w.id = any($1) and w.held <> o.held
            """
        ),
        (
            "billing.running_balance_is_continuous",
            """
            select format('entry %s of wallet %s does not follow from the entry before it', number, wallet_id)
            from (
                select *,
                    lag(number, 1, 1) over entries as number_before, -- version 1 opened the wallet
                    lag(posted, 1, 0::bigint) over entries as posted_before,
                    lag(held, 1, 0::bigint) over entries as held_before
                from billing.ledger where wallet_id = any($1)
                window entries as (partition by wallet_id order by number)) l
            where number <> number_before + 1
               or posted <> posted_before + posted_change
               or held <> held_before + held_change
            """
        ),
        (
            "billing.hold_ends_at_most_once",
            """
            select format('hold %s has %s ends', hold_id, count(*))
            from billing.hold_ends where wallet_id = any($1) group by hold_id having count(*) > 1
            """
        ),
        (
            "billing.capture_is_within_its_hold",
            """
            select format('hold %s of %s ended with %s captured', e.hold_id, h.amount, e.captured)
            from billing.hold_ends e left join billing.holds h on h.id = e.hold_id and h.wallet_id = e.wallet_id
            where e.wallet_id = any($1)
              and (h.id is null or h.amount <> e.amount or e.captured not between 0 and h.amount)
            """
        ),
        (
            "billing.run_is_captured_at_most_once",
            """
            select format('run %s of job %s was captured %s times', h.run, h.job_id, count(*))
            from billing.holds h join billing.hold_ends e on e.hold_id = h.id
            where h.wallet_id = any($1) and e.kind = 'captured'
            group by h.job_id, h.run having count(*) > 1
            """
        ),
        (
            "billing.key_spending_is_the_sum_of_its_holds",
            """
            select format('API key %s has used %s of %s, but its holds sum to %s', coalesce(k.key_id, h.api_key), k.used, k.cap, h.used)
            from (select * from billing.key_spending where wallet_id = any($1)) k
            full join (
                select h.api_key, sum(coalesce(e.captured, h.amount)) as used
                from billing.holds h left join billing.hold_ends e on e.hold_id = h.id
                where h.wallet_id = any($1) and h.api_key is not null
                group by h.api_key) h on h.api_key = k.key_id
            where k.used is distinct from h.used or k.used > k.cap
            """
        ),
    ];
}
