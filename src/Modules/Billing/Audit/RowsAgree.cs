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
                select coalesce(sum(amount), 0) as held from billing.open_holds where wallet_id = w.id) o
            where w.id = any($1) and w.held <> o.held
            """
        ),
        (
            "billing.open_holds_are_those_without_an_end",
            """
            select format('hold %s has %s', coalesce(h.id, o.hold_id),
                case when o.hold_id is null then 'no end, but is not open' else 'an end, or is another one, but is open' end)
            from (
                select id, amount from billing.holds h
                where wallet_id = any($1) and not exists (select from billing.hold_ends where hold_id = h.id)) h
            full join (select hold_id, amount from billing.open_holds where wallet_id = any($1)) o
                on o.hold_id = h.id and o.amount = h.amount
            where h.id is null or o.hold_id is null
            """
        ),
        (
            // The counterpart of what a wallet has: what was given to it, less what was spent and what expired. None of
            // these sums comes from the ledger's amounts.
            "billing.credits_come_from_lots",
            """
            select format('wallet %s has %s posted, but %s are left of its lots', w.id, w.posted, l.remaining)
            from billing.wallets w cross join lateral (
                select coalesce(sum(remaining), 0) as remaining from billing.lots where wallet_id = w.id) l
            where w.id = any($1) and w.posted <> l.remaining
            """
        ),
        (
            "billing.credits_are_conserved",
            """
            select format('wallet %s has %s posted, but was given %s, spent %s, and %s expired or were taken back',
                w.id, w.posted, given, spent, gone)
            from billing.wallets w cross join lateral (
                select (select coalesce(sum(amount), 0) from billing.lots where wallet_id = w.id) as given,
                       (select coalesce(sum(captured), 0) from billing.hold_ends where wallet_id = w.id) as spent,
                       (select coalesce(-sum(posted_change), 0) from billing.ledger where wallet_id = w.id
                            and (kind = 'expired' or (kind = 'corrected' and posted_change < 0))) as gone) t
            where w.id = any($1) and w.posted <> given - spent - gone
            """
        ),
        (
            "billing.refunds_are_within_their_capture",
            """
            select format('hold %s was captured with %s, and %s of it refunded, in refunds of %s',
                e.hold_id, e.captured, e.refunded, r.amount)
            from billing.hold_ends e cross join lateral (
                select coalesce(sum(amount), 0) as amount from billing.refunds where hold_id = e.hold_id) r
            where e.wallet_id = any($1) and (e.refunded <> r.amount or e.refunded not between 0 and e.captured)
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
            where number <= number_before -- events that move nothing have no entry
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
            "billing.accepted_quotes_are_what_was_held",
            """
            select format('quote %s says %s at prices %s, but run %s of job %s was held at %s and %s',
                q.id, q.high, q.price_version, q.run, q.job_id, h.amount, h.price_version)
            from billing.quotes q left join billing.holds h on h.job_id = q.job_id and h.run = q.run
            where q.workspace_id in (select workspace_id from billing.wallets where id = any($1)) and q.job_id is not null
              and (h.amount, h.price_version) is distinct from (q.high, q.price_version)
            """
        ),
        (
            "billing.spending_is_the_sum_of_its_holds",
            """
            select format('%s of wallet %s and API key %s: %s are counted, but the holds sum to %s',
                coalesce(s.period, h.period) || ' ' || coalesce(s.starts, h.starts), coalesce(s.wallet_id, h.wallet_id),
                coalesce(s.api_key, h.api_key), s.used, h.used)
            from (select * from billing.spending where wallet_id = any($1)) s
            full join (
                select h.wallet_id, k.key as api_key, p.period, p.starts, sum(coalesce(e.captured, h.amount)) as used
                from billing.holds h left join billing.hold_ends e on e.hold_id = h.id
                cross join lateral (values ('00000000-0000-0000-0000-000000000000'::uuid), (h.api_key)) k (key)
                cross join lateral (select (h.held_at at time zone 'utc')::date as day) d
                cross join lateral (values ('day', d.day), ('month', date_trunc('month', d.day)::date), ('ever', date '1970-01-01'))
                    p (period, starts)
                where h.wallet_id = any($1) and k.key is not null and (p.period <> 'ever' or k.key = h.api_key)
                group by h.wallet_id, k.key, p.period, p.starts) h
                on h.wallet_id = s.wallet_id and h.api_key = s.api_key and h.period = s.period and h.starts = s.starts
            where s.used is distinct from h.used
            """
        ),
    ];
}
