-- What is known of an account at a provider, in the whole cluster: how many calls it takes at once, and whether it is worth
-- asking. The id is a keyed hash of provider and key; no key stands here, and nobody's data.
create table voices.provider_accounts (
    id             text primary key,
    provider       text not null,
    places         int,              -- fewer than the engine's own number, since it said "too many"
    successes      int  not null default 0,  -- since then, or since it got a place back
    paused_until   timestamptz,      -- it said when to come back
    limited_since  timestamptz,      -- it has said nothing but "too many" or "busy" since
    failures       int  not null default 0,  -- outages in a row
    open_until     timestamptz,      -- after some of them nobody asks for a while, then one does
    blocked_code   text,             -- it refuses the key, or the account is used up
    blocked_until  timestamptz,
    constraint a_place_at_least check (places >= 1)
);

-- Calls at work. A host that dies leaves its places behind, until no call can last that long.
create table voices.provider_places (
    call_id     uuid primary key,
    account     text not null references voices.provider_accounts (id),
    expires_at  timestamptz not null
);
create index provider_places_account on voices.provider_places (account);

-- What a provider said of itself, so that a host that starts while it is away still knows its voices.
create table voices.inspections (
    account      text not null,
    ability      text not null,
    provider     text not null,
    found        jsonb not null,
    inspected_at timestamptz not null default now(),
    primary key (account, ability)
);

alter table voices.provider_accounts enable row level security, force row level security;
alter table voices.provider_places enable row level security, force row level security;
alter table voices.inspections enable row level security, force row level security;
create policy worker on voices.provider_accounts to lectern_worker using (true);
create policy worker on voices.provider_places to lectern_worker using (true);
create policy worker on voices.inspections to lectern_worker using (true);
grant select, insert, update on voices.provider_accounts to lectern_worker;
grant select, insert, delete on voices.provider_places to lectern_worker;
grant select, insert, update on voices.inspections to lectern_worker;

-- Takes a place for a call, or says why there is none and how long to wait.
create function voices.take_place(
    wanted text, of_provider text, call uuid, most int, life interval,
    out verdict text, out wait interval, out since timestamptz
) language plpgsql as $$
declare
    account voices.provider_accounts;
begin
    insert into voices.provider_accounts (id, provider) values (wanted, of_provider) on conflict do nothing;
    select * into account from voices.provider_accounts where id = wanted for update;
    if account.paused_until < clock_timestamp() - interval '15 minutes' then
        -- Nobody has asked since: what it said then tells nothing of now.
        update voices.provider_accounts set limited_since = null, paused_until = null where id = wanted;
        account.limited_since := null;
    end if;
    since := account.limited_since;
    if account.blocked_until > clock_timestamp() then
        verdict := account.blocked_code;
        wait := account.blocked_until - clock_timestamp();
        return;
    end if;
    if account.open_until > clock_timestamp() then
        verdict := 'open';
        wait := account.open_until - clock_timestamp();
        return;
    end if;
    if account.paused_until > clock_timestamp() then
        verdict := 'paused';
        wait := account.paused_until - clock_timestamp();
        return;
    end if;
    delete from voices.provider_places where provider_places.account = wanted and expires_at < clock_timestamp();
    if (select count(*) from voices.provider_places where provider_places.account = wanted) >= least(most, account.places) then
        verdict := 'full';
        wait := interval '0.5 seconds';
        return;
    end if;
    insert into voices.provider_places (call_id, account, expires_at) values (call, wanted, clock_timestamp() + life);
    -- The first after a pause of the breaker finds out; the others wait for what it finds.
    if account.open_until is not null then
        update voices.provider_accounts set open_until = clock_timestamp() + interval '30 seconds' where id = wanted;
    end if;
    verdict := 'taken';
end $$;

-- Gives the place back and learns from how the call went.
create function voices.leave_place(call uuid, outcome text, retry_after interval) returns void language plpgsql as $$
declare
    left_account text;
    at_work int;
begin
    -- The account first, as in take_place: nobody waits for somebody who waits for them.
    perform 1 from voices.provider_accounts
        where id = (select account from voices.provider_places where call_id = call) for update;
    delete from voices.provider_places where call_id = call returning account into left_account;
    if left_account is null then
        return; -- it took longer than its place lasted
    end if;
    select count(*) + 1 into at_work from voices.provider_places where account = left_account;
    update voices.provider_accounts a set
        places = case
            when outcome = 'limited' then greatest(1, least(a.places, at_work) / 2)
            when outcome = 'answered' and a.successes >= 9 then nullif(a.places, 1000) + 1
            else a.places end,
        successes = case when outcome = 'answered' and a.successes < 9 then a.successes + 1 else 0 end,
        paused_until = case
            when outcome in ('limited', 'busy') then greatest(a.paused_until, clock_timestamp() + least(interval '1 hour', coalesce(retry_after,
                case outcome when 'limited' then interval '1 second' else interval '5 seconds' end)))
            else a.paused_until end,
        limited_since = case
            when outcome in ('limited', 'busy') then coalesce(a.limited_since, clock_timestamp())
            when outcome = 'answered' then null
            else a.limited_since end,
        failures = case outcome when 'failed' then a.failures + 1 when 'answered' then 0 else a.failures end,
        open_until = case
            when outcome = 'answered' then null
            when outcome = 'failed' and a.failures >= 4
                then clock_timestamp() + least(interval '5 minutes', interval '15 seconds' * power(2, least(a.failures - 4, 10)))
            else a.open_until end,
        blocked_code = case when outcome in ('key_refused', 'quota_exhausted') then outcome
            when outcome = 'answered' then null else a.blocked_code end,
        blocked_until = case when outcome in ('key_refused', 'quota_exhausted') then clock_timestamp() + interval '1 minute'
            when outcome = 'answered' then null else a.blocked_until end
    where a.id = left_account;
end $$;
