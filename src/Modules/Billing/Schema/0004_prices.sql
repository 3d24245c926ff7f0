-- Price lists that were in force, and quotes that were given.

-- A list is named by a hash of its lines, so a version never means two lists. Who starts with a new one stores it; nobody
-- may change or delete one, since holds and quotes name them for ever.
create table billing.price_lists (
    version   text        constraint price_lists_pkey primary key,
    since     timestamptz not null default now(), -- when it was in force for the first time
    lines     jsonb       not null,
    minimums  jsonb       not null
);

create table billing.quotes (
    id             uuid        constraint quotes_pkey primary key,
    workspace_id   uuid        not null,
    kind           text        not null,
    fingerprint    bytea       not null, -- of all that determines the price: who accepts must ask for the same
    price_version  text        not null constraint quotes_of_price_list references billing.price_lists,
    low            bigint      not null,
    expected       bigint      not null,
    high           bigint      not null, -- what is held
    ordered        bigint      not null, -- units that the hold is for
    lines          jsonb       not null,
    created_at     timestamptz not null default now(),
    valid_until    timestamptz not null,
    job_id         uuid, -- the job that accepted it, and for which run
    run            int,
    constraint quote_amounts_in_order check (0 <= low and low <= expected and expected <= high),
    constraint quote_ordered_not_negative check (ordered >= 0),
    constraint quote_accepted_for_a_run check ((job_id is null) = (run is null)),
    constraint one_quote_per_job_run unique (job_id, run)
);
create index quotes_workspace on billing.quotes (workspace_id);
create index quotes_not_accepted on billing.quotes (valid_until) where job_id is null;

-- Accepts a quote for a run of a job, or says by a constraint's name why it can't be. Of two that accept one at once the
-- second waits for the first, and then finds that it is accepted.
create function billing.accept_quote(quote uuid, made_for bytea, job uuid, job_run int) returns void
    language plpgsql as $$
declare
    known billing.quotes;
    refusal text;
begin
    update billing.quotes set job_id = job, run = job_run
        where id = quote and job_id is null and fingerprint = made_for and valid_until > now();
    if found then
        return;
    end if;
    select * into known from billing.quotes where id = quote;
    refusal := case
        when not found then 'quote_is_there'
        when known.job_id is not null then 'quote_accepted_once'
        when known.fingerprint <> made_for then 'quote_is_for_the_job'
        else 'quote_not_expired'
    end;
    raise exception 'Quote % can''t be accepted.', quote using errcode = 'check_violation', constraint = refusal;
end $$;

alter table billing.price_lists enable row level security, force row level security;
alter table billing.quotes      enable row level security, force row level security;

create policy worker    on billing.price_lists to lectern_worker using (true);
create policy workspace on billing.quotes for select to lectern_api using (workspace_id = (select lectern_workspace()));
create policy given     on billing.quotes for insert to lectern_api
    with check (workspace_id = (select lectern_workspace()) and job_id is null);
create policy accepted  on billing.quotes for update to lectern_api -- once: an accepted one can't be changed any more
    using (workspace_id = (select lectern_workspace()) and job_id is null)
    with check (workspace_id = (select lectern_workspace()) and job_id is not null);
create policy worker    on billing.quotes      to lectern_worker using (true);

grant select, insert on billing.price_lists to lectern_worker;
grant select, insert on billing.quotes to lectern_api;
grant update (job_id, run) on billing.quotes to lectern_api; -- to accept one
grant select, delete on billing.quotes to lectern_worker; -- for the sweep, and an erasure
