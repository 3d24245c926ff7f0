-- What a wallet's stream means, as rows. All four tables are one inline view of the stream (WalletProjection): they are
-- written by the transaction that appends the events, and each rule about money is a constraint here, so that no race
-- and no bug above can break it. Amounts are micro-credits (1 credit = 1,000,000).

create table billing.wallets (
    id            uuid        constraint wallets_pkey primary key, -- the stream's id
    workspace_id  uuid        not null constraint one_wallet_per_workspace unique,
    posted        bigint      not null, -- granted and not spent
    held          bigint      not null, -- the part of it that is set aside for running jobs
    version       int         not null, -- how many of the stream's events are in these rows
    opened_at     timestamptz not null,
    constraint wallet_posted_not_negative check (posted >= 0),
    constraint wallet_held_not_negative   check (held >= 0),
    constraint wallet_not_overdrawn       check (posted - held >= 0)
) with (fillfactor = 50); -- a hot row: versions of it fit into its page

create table billing.holds (
    id             uuid        constraint hold_placed_once primary key,
    wallet_id      uuid        not null constraint holds_of_wallet references billing.wallets,
    workspace_id   uuid        not null,
    job_id         uuid        not null,
    run            int         not null,
    amount         bigint      not null,
    price_version  text        not null,
    held_at        timestamptz not null,
    constraint hold_amount_not_negative check (amount >= 0),
    constraint one_hold_per_job_run     unique (job_id, run),
    constraint holds_as_ended           unique (id, wallet_id, job_id, amount) -- for hold_ends_its_hold
);
create index holds_wallet on billing.holds (wallet_id);

-- A hold ends once, and takes no more than it set aside: the primary key and the composite foreign key say so. A run
-- has one hold and a hold one end, so a run is captured at most once.
create table billing.hold_ends (
    hold_id       uuid        constraint hold_ended_once primary key,
    wallet_id     uuid        not null,
    workspace_id  uuid        not null,
    job_id        uuid        not null,
    amount        bigint      not null,
    kind          text        not null,
    captured      bigint      not null,
    ended_at      timestamptz not null,
    constraint hold_end_kind           check (kind = 'captured' or (kind = 'released' and captured = 0)),
    constraint captured_within_hold    check (captured between 0 and amount),
    constraint hold_ends_its_hold      foreign key (hold_id, wallet_id, job_id, amount)
                                       references billing.holds (id, wallet_id, job_id, amount)
);
create index hold_ends_wallet on billing.hold_ends (wallet_id);

-- One entry for each event that moves money. number is the event's version in the stream; posted and held are the
-- balance after it, taken from the wallet's row in the same statement.
create table billing.ledger (
    wallet_id      uuid        not null constraint ledger_of_wallet references billing.wallets,
    number         int         not null,
    workspace_id   uuid        not null,
    kind           text        not null,
    posted_change  bigint      not null,
    held_change    bigint      not null,
    posted         bigint      not null,
    held           bigint      not null,
    grant_id       uuid,
    hold_id        uuid,
    job_id         uuid,
    reason         text,
    at             timestamptz not null,
    constraint ledger_pkey primary key (wallet_id, number),
    constraint ledger_change_fits_kind check (
        case kind
            when 'granted'  then posted_change > 0 and held_change = 0 and grant_id is not null
            when 'held'     then posted_change = 0 and held_change >= 0 and hold_id is not null
            when 'captured' then posted_change <= 0 and held_change <= posted_change and hold_id is not null
            when 'released' then posted_change = 0 and held_change <= 0 and hold_id is not null
            else false
        end)
);
create unique index granted_once on billing.ledger (grant_id) where grant_id is not null;

alter table billing.wallets   enable row level security, force row level security;
alter table billing.holds     enable row level security, force row level security;
alter table billing.hold_ends enable row level security, force row level security;
alter table billing.ledger    enable row level security, force row level security;

create policy workspace on billing.wallets   to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on billing.holds     to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on billing.hold_ends to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on billing.ledger    to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on billing.wallets   to lectern_worker using (true);
create policy worker    on billing.holds     to lectern_worker using (true);
create policy worker    on billing.hold_ends to lectern_worker using (true);
create policy worker    on billing.ledger    to lectern_worker using (true);

-- Entries are append-only: nobody may change one, and requests may not delete one either. Only the worker's role may
-- delete, since a rebuild writes a wallet's rows anew, from events that nobody may change or delete; it does both in one
-- transaction, and the audit compares every entry with its event.
grant select, insert, update on billing.wallets to lectern_api, lectern_worker;
grant select, insert on billing.holds, billing.hold_ends, billing.ledger to lectern_api, lectern_worker;
grant delete on billing.wallets, billing.holds, billing.hold_ends, billing.ledger to lectern_worker;
