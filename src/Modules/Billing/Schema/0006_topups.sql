-- What puts credits into a wallet from outside of it, and takes them back: payments, promotional codes, and the notes of
-- administrators. That nothing is granted twice is not said here but by granted_once: each payment, and each use of a
-- code by a person, has the id of its one grant.

-- One row for each checkout at the payment provider. It holds ids, codes and amounts: no name and no address, which the
-- provider has. An outcome is only replaced by one that stands further right: pending, failed, unmatched, granted; so
-- events may come in any order and as often as they like.
create table billing.payments (
    id                uuid        constraint payments_pkey primary key, -- derived from the provider's checkout session; also the grant's
    provider_session  text        not null,
    provider_event    text        not null, -- the event that the outcome follows from
    type              text        not null,
    amount            bigint,               -- smallest units of the currency; null when it isn't a number of them
    currency          text,
    livemode          boolean     not null,
    workspace_id      uuid,                 -- null as long as it isn't known
    outcome           text        not null,
    reason            text,                 -- why nobody got the credits
    received_at       timestamptz not null default now(),
    changed_at        timestamptz not null default now(),
    constraint payment_outcome        check (outcome in ('pending', 'failed', 'unmatched', 'granted')),
    constraint unmatched_for_a_reason check ((outcome = 'unmatched') = (reason is not null)),
    constraint granted_to_somebody    check (outcome <> 'granted' or workspace_id is not null)
);
create index payments_received on billing.payments (received_at, id);
create index payments_outcome  on billing.payments (outcome, received_at, id);

-- A code's limits are checks on its row, which each use changes: of uses at the same time each sees the one before it.
create table billing.codes (
    id                         uuid        constraint codes_pkey primary key,
    code                       text        not null, -- as it is shown
    normalized                 text        not null constraint codes_code unique,
    credits                    bigint      not null, -- micro-credits for each use
    uses                       int         not null,
    used                       int         not null default 0,
    last_used_at               timestamptz,
    expires_at                 timestamptz,
    credits_expire_after_days  int,
    note                       text,
    created_at                 timestamptz not null default now(),
    disabled_at                timestamptz,
    constraint code_gives_something check (credits > 0 and uses > 0),
    constraint code_not_used_up     check (used between 0 and uses),
    constraint code_not_expired     check (last_used_at < expires_at),
    constraint code_not_disabled    check (last_used_at <= disabled_at)
);
create index codes_created on billing.codes (created_at, id);

-- Why an administrator granted, refunded or corrected, in words of theirs; so it is in no event, and can be erased.
create table billing.notes (
    id            uuid        constraint notes_pkey primary key, -- the grant's, refund's or correction's
    workspace_id  uuid        not null,
    note          text        not null,
    written_at    timestamptz not null default now()
);
create index notes_workspace on billing.notes (workspace_id);

alter table billing.payments enable row level security, force row level security;
alter table billing.codes    enable row level security, force row level security;
alter table billing.notes    enable row level security, force row level security;

-- Payments and codes belong to the installation: requests see neither.
create policy worker    on billing.payments to lectern_worker using (true);
create policy worker    on billing.codes    to lectern_worker using (true);
create policy worker    on billing.notes    to lectern_worker using (true);
create policy workspace on billing.notes    to lectern_api using (workspace_id = (select lectern_workspace()));

grant select, insert, update on billing.payments to lectern_worker;
grant select, insert, update (used, last_used_at, disabled_at) on billing.codes to lectern_worker;
grant select, insert, delete on billing.notes to lectern_worker;
grant select on billing.notes to lectern_api;
