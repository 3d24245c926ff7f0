-- What was asked of providers: a row is committed before each call, its end is added after. Ids, names and counts; what
-- was said stands nowhere here, so an erasure leaves these rows as they are. Only workers make calls: requests have no
-- grant and no policy. Nobody may change or delete a row, so an outcome that was told stands.

create table billing.provider_calls (
    id            uuid        constraint call_started_once primary key, -- made by the caller, before the call
    started_at    timestamptz not null default now(),
    provider      text        not null, -- flite
    ability       text        not null, -- speech
    model         text        not null, -- the voice
    workspace_id  uuid,                 -- null for the installation's own: a preview, a measurement
    job_id        uuid,
    chunk         int,
    unit          text        not null, -- character
    units         bigint      not null, -- asked for
    constraint call_units_not_negative check (units >= 0),
    constraint call_of_a_workspace     check (job_id is null or workspace_id is not null)
);
create index provider_calls_started on billing.provider_calls (started_at);

-- A call ends once: the key refuses a second outcome.
create table billing.provider_call_ends (
    call_id   uuid        constraint call_ended_once primary key
                          constraint call_ends_a_call references billing.provider_calls,
    ended_at  timestamptz not null default now(),
    outcome   text        not null,
    code      text,                 -- how it failed
    units     bigint      not null, -- that the provider bills for; if the outcome is unknown, may bill for
    constraint call_outcome                check (outcome in ('succeeded', 'failed', 'unknown')),
    constraint call_failed_with_a_code     check ((outcome = 'failed') = (code is not null)),
    constraint call_end_units_not_negative check (units >= 0)
);

-- Up to when every call has its end: where the next sweep begins, so that none looks at all calls there ever were.
create table billing.provider_calls_swept (
    here   boolean     constraint provider_calls_swept_once primary key default true check (here), -- one row
    until  timestamptz not null
);
insert into billing.provider_calls_swept (until) values ('-infinity');

alter table billing.provider_calls       enable row level security, force row level security;
alter table billing.provider_call_ends   enable row level security, force row level security;
alter table billing.provider_calls_swept enable row level security, force row level security;
create policy worker on billing.provider_calls       to lectern_worker using (true);
create policy worker on billing.provider_call_ends   to lectern_worker using (true);
create policy worker on billing.provider_calls_swept to lectern_worker using (true);
grant select, insert on billing.provider_calls, billing.provider_call_ends to lectern_worker;
grant select, update on billing.provider_calls_swept to lectern_worker;
