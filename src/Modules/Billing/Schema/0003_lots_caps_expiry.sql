-- Credits that expire, holds that expire, caps by day and month, refunds, corrections, and billing that can be stopped.
-- Everything here is a part of the wallet's inline view, and is written by the transaction that appends the event.

-- What the sweeps and the audit look for often: the few holds that have not ended.
create table billing.open_holds (
    hold_id       uuid        constraint open_holds_pkey primary key constraint open_hold_is_a_hold references billing.holds,
    wallet_id     uuid        not null,
    workspace_id  uuid        not null,
    job_id        uuid        not null,
    run           int         not null,
    amount        bigint      not null,
    held_at       timestamptz not null,
    expires_at    timestamptz
);
create index open_holds_wallet  on billing.open_holds (wallet_id);
create index open_holds_expires on billing.open_holds (expires_at);

-- The credits of a wallet by where they came from; what is left of all lots is what is posted. What expires first is spent
-- first, and of the same age what came first. A lot that expired while it was held can still be captured.
create table billing.lots (
    id            uuid        constraint lots_pkey primary key, -- of the grant, the refund or the correction
    wallet_id     uuid        not null constraint lots_of_wallet references billing.wallets,
    workspace_id  uuid        not null,
    number        int         not null, -- of the ledger's entry
    amount        bigint      not null,
    remaining     bigint      not null,
    expires_at    timestamptz,
    constraint lot_not_overspent check (remaining between 0 and amount)
) with (fillfactor = 70);
create index lots_unspent  on billing.lots (wallet_id) where remaining > 0;
create index lots_expiring on billing.lots (expires_at) where remaining > 0 and expires_at is not null;

alter table billing.wallets
    add column low_below  bigint,      -- announced as low; null again as soon as this much is available
    add column stopped_at timestamptz, -- an audit found a breach; no new holds
    add constraint low_balance_announced_once check (low_below >= 0); -- a second announcement writes -1

-- A hold's row remembers whether billing was stopped when it was placed, so that the constraint can refuse it.
alter table billing.holds
    add column expires_at      timestamptz,
    add column billing_stopped boolean not null default false,
    add constraint billing_not_stopped check (not billing_stopped);

alter table billing.hold_ends
    add column refunded bigint not null default 0,
    add constraint refunds_within_capture check (refunded between 0 and captured),
    add constraint hold_ends_of_wallet    unique (hold_id, wallet_id); -- for refund_of_a_capture

create table billing.refunds (
    id            uuid        constraint refunded_once primary key,
    hold_id       uuid        not null,
    wallet_id     uuid        not null,
    workspace_id  uuid        not null,
    amount        bigint      not null constraint refund_is_positive check (amount > 0),
    constraint refund_of_a_capture foreign key (hold_id, wallet_id) references billing.hold_ends (hold_id, wallet_id)
);
create index refunds_wallet on billing.refunds (wallet_id);

-- How much may be spent: in a day, in a month. api_key is all zeros for the workspace.
create table billing.caps (
    wallet_id     uuid   not null constraint caps_of_wallet references billing.wallets,
    workspace_id  uuid   not null,
    api_key       uuid   not null,
    daily         bigint constraint daily_cap_not_negative   check (daily >= 0),
    monthly       bigint constraint monthly_cap_not_negative check (monthly >= 0),
    constraint caps_pkey primary key (wallet_id, api_key)
);

-- What was spent of each cap: captured, or held in holds that have not ended, by the day (UTC) on which it was held. room is
-- what the cap of that moment left when the latest hold was placed: a later and lower cap refuses the next hold and does
-- not touch what is there.
create table billing.spending (
    wallet_id     uuid   not null constraint spending_of_wallet references billing.wallets,
    workspace_id  uuid   not null,
    api_key       uuid   not null,
    period        text   not null constraint spending_period check (period in ('day', 'month', 'ever')), -- ever for keys only
    starts        date   not null, -- 1970-01-01 for ever
    used          bigint not null,
    room          bigint,
    constraint spending_pkey              primary key (wallet_id, api_key, period, starts),
    constraint spending_not_negative      check (used >= 0),
    constraint key_cap_not_exceeded       check (room >= 0 or api_key =  '00000000-0000-0000-0000-000000000000'),
    constraint workspace_cap_not_exceeded check (room >= 0 or api_key <> '00000000-0000-0000-0000-000000000000')
) with (fillfactor = 50);

alter table billing.ledger rename column grant_id to cause_id; -- of the grant, the refund, the correction; of the lot that expired
alter table billing.ledger
    add column corrects int,
    add constraint correction_of_an_entry foreign key (wallet_id, corrects) references billing.ledger (wallet_id, number),
    drop constraint ledger_change_fits_kind,
    add constraint ledger_change_fits_kind check (
        case kind
            when 'granted'   then posted_change > 0  and held_change = 0 and cause_id is not null
            when 'held'      then posted_change = 0  and held_change >= 0 and hold_id is not null
            when 'captured'  then posted_change <= 0 and held_change <= posted_change and hold_id is not null
            when 'released'  then posted_change = 0  and held_change <= 0 and hold_id is not null
            when 'expired'   then posted_change < 0  and held_change = 0 and cause_id is not null
            when 'refunded'  then posted_change > 0  and held_change = 0 and cause_id is not null and hold_id is not null
            when 'corrected' then posted_change <> 0 and held_change = 0 and cause_id is not null and corrects is not null
            else false
        end);
drop index billing.granted_once;
create unique index granted_once   on billing.ledger (cause_id) where kind = 'granted';
create unique index corrected_once on billing.ledger (cause_id) where kind = 'corrected';
create index ledger_days on billing.ledger (wallet_id, at); -- statements and exports

-- What the older part of each stream means for the new tables. There was nothing that expired, and no refund.
insert into billing.open_holds (hold_id, wallet_id, workspace_id, job_id, run, amount, held_at)
select id, wallet_id, workspace_id, job_id, run, amount, held_at from billing.holds h
where not exists (select from billing.hold_ends where hold_id = h.id);

insert into billing.lots (id, wallet_id, workspace_id, number, amount, remaining)
select cause_id, wallet_id, workspace_id, number, posted_change,
    least(posted_change, greatest(0, granted - spent))
from (
    select l.cause_id, l.wallet_id, l.workspace_id, l.number, l.posted_change,
        sum(l.posted_change) over (partition by l.wallet_id order by l.number) as granted,
        (select coalesce(sum(captured), 0) from billing.hold_ends e where e.wallet_id = l.wallet_id) as spent
    from billing.ledger l where l.kind = 'granted') g;

insert into billing.spending (wallet_id, workspace_id, api_key, period, starts, used)
select h.wallet_id, h.workspace_id, p.api_key, p.period, p.starts, sum(coalesce(e.captured, h.amount))
from billing.holds h left join billing.hold_ends e on e.hold_id = h.id
cross join lateral (
    select key as api_key, period, starts
    from (values ('00000000-0000-0000-0000-000000000000'::uuid), (h.api_key)) k (key)
    cross join (values ('day', (h.held_at at time zone 'utc')::date),
                       ('month', date_trunc('month', h.held_at at time zone 'utc')::date),
                       ('ever', date '1970-01-01')) p (period, starts)
    where key is not null and (period <> 'ever' or key = h.api_key)) p
group by h.wallet_id, h.workspace_id, p.api_key, p.period, p.starts;
drop table billing.key_spending;

-- How far the watch over the wallets has come in the log: see WalletWatch.
create table billing.watch (
    singleton boolean constraint watch_pkey primary key default true constraint one_watch check (singleton),
    position  bigint not null
);
insert into billing.watch (position) values (0);

alter table billing.open_holds enable row level security, force row level security;
alter table billing.lots       enable row level security, force row level security;
alter table billing.refunds    enable row level security, force row level security;
alter table billing.caps       enable row level security, force row level security;
alter table billing.spending   enable row level security, force row level security;
alter table billing.watch      enable row level security, force row level security;

create policy workspace on billing.open_holds to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on billing.lots       to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on billing.refunds    to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on billing.caps       to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on billing.spending   to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on billing.open_holds to lectern_worker using (true);
create policy worker    on billing.lots       to lectern_worker using (true);
create policy worker    on billing.refunds    to lectern_worker using (true);
create policy worker    on billing.caps       to lectern_worker using (true);
create policy worker    on billing.spending   to lectern_worker using (true);
create policy worker    on billing.watch      to lectern_worker using (true);

grant select, insert, delete on billing.open_holds to lectern_api, lectern_worker;
grant select, insert, update on billing.lots, billing.caps, billing.spending to lectern_api, lectern_worker;
grant select, insert on billing.refunds to lectern_api, lectern_worker;
grant update (refunded) on billing.hold_ends to lectern_api, lectern_worker;
grant delete on billing.lots, billing.refunds, billing.caps, billing.spending to lectern_worker; -- for a rebuild
grant select, update on billing.watch to lectern_worker;
