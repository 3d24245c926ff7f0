-- Roles, shared workspaces, sessions with refresh tokens, revocations, signing keys, and the audit log.

alter table accounts.people
    add column email_verified_at  timestamptz,
    add column plan               text        not null default 'free',
    add column platform_admin     boolean     not null default false,
    add column disabled_at        timestamptz,
    add column erased_at          timestamptz,
    alter column email            drop not null,
    alter column email_normalized drop not null,
    alter column password_hash    drop not null, -- who signs in with OpenID Connect has none
    add constraint erased_people_have_no_data check (
        erased_at is null or (email is null and email_normalized is null and password_hash is null and name is null)),
    add constraint living_people_have_an_address check (erased_at is not null or email is not null);

alter table accounts.workspaces
    add column name        text,
    add column deleted_at  timestamptz,
    drop constraint workspaces_kind_check,
    add constraint workspaces_kind_check check (kind in ('personal', 'shared'));

-- The stamp names this membership in this role: access tokens carry it, and when the role changes or the member goes,
-- the old stamp is revoked and with it every token that was made for it.
alter table accounts.members drop constraint members_role_check;
update accounts.members set role = 'admin' where role = 'owner';
alter table accounts.members
    add column stamp      uuid        not null default gen_random_uuid(),
    add column joined_at  timestamptz not null default now(),
    add constraint members_role_check check (role in ('viewer', 'editor', 'admin'));

-- A sign-in. Device and address are personal data: they go with the row, and stand in no event.
create table accounts.sessions (
    id            uuid        primary key,
    person_id     uuid        not null references accounts.people on delete cascade,
    method        text        not null check (method in ('password', 'openid', 'confirmation', 'operator')),
    device        text,
    address       text,
    created_at    timestamptz not null default now(),
    last_used_at  timestamptz not null default now(),
    expires_at    timestamptz not null,
    ended_at      timestamptz,
    end_reason    text
);
create index sessions_person on accounts.sessions (person_id);

-- Each refresh token is used once. Only its SHA-256 is kept; its successor is an HMAC of the token itself, so that a
-- client which lost the answer gets the same successor again, and nothing that could be used is stored for that.
create table accounts.refresh_tokens (
    hash        bytea       primary key,
    session_id  uuid        not null references accounts.sessions on delete cascade,
    issued_at   timestamptz not null default now(),
    used_at     timestamptz
);
create index refresh_tokens_session on accounts.refresh_tokens (session_id);

-- What access tokens and API keys must not stand on any more: sessions, membership stamps, keys. Hosts look here every
-- second; an access token lives for an hour at most, so older rows are swept.
create table accounts.revocations (
    subject  uuid        primary key,
    at       timestamptz not null default now()
);
create index revocations_at on accounts.revocations (at);

-- Which generations of the signing key are in force; the keys themselves are derived and stand nowhere. A new one is
-- known to every host, and published, before anything is signed with it.
create table accounts.signing_keys (
    generation      int         primary key,
    signs_from      timestamptz not null,
    verifies_until  timestamptz
);
insert into accounts.signing_keys (generation, signs_from) values (1, '-infinity');

-- Exchanges a refresh token for its successor. The family is its session: who is first decides under the row's lock.
create function accounts.rotate(presented bytea, successor bytea, idle interval, grace interval)
    returns text language plpgsql as $$
declare
    token   accounts.refresh_tokens;
    family  accounts.sessions;
begin
    select * into token from accounts.refresh_tokens where hash = presented;
    if not found then
        return 'unknown';
    end if;
    select * into family from accounts.sessions where id = token.session_id for update;
    select * into token from accounts.refresh_tokens where hash = presented; -- as the one before us left it
    if family.ended_at is not null then
        return 'ended';
    elsif family.expires_at <= now() then
        return 'expired';
    elsif token.used_at is null then
        if token.issued_at + idle <= now() then
            return 'expired';
        end if;
        update accounts.refresh_tokens set used_at = now() where hash = presented;
        insert into accounts.refresh_tokens (hash, session_id) values (successor, family.id);
        update accounts.sessions set last_used_at = now() where id = family.id;
        return 'rotated';
    elsif token.used_at + grace > now() then
        -- The same client lost the answer, or two of its requests raced: the successor again, unless that was used.
        if exists (select from accounts.refresh_tokens where hash = successor and used_at is null) then
            return 'rotated';
        end if;
        return 'spent';
    end if;
    update accounts.sessions set ended_at = now(), end_reason = 'reuse' where id = family.id;
    insert into accounts.revocations (subject) values (family.id) on conflict do nothing;
    return 'reuse';
end $$;

-- The audit log: one chain per workspace, and one for the platform (workspace zero). Each entry's hash covers the one
-- before it, so that a change or a gap shows. The address is outside of the chain, since it is personal and can be erased.
create table accounts.audit_chains (
    workspace_id  uuid    primary key,
    entries       bigint  not null,
    head          bytea   not null
);
create table accounts.audit_log (
    workspace_id    uuid        not null,
    number          bigint      not null,
    at              timestamptz not null,
    actor           text        not null,
    action          text        not null,
    target          text,
    detail          jsonb       not null,
    correlation_id  uuid        not null,
    address         text,
    hash            bytea       not null,
    primary key (workspace_id, number)
);

create function accounts.audit_hash(
    previous bytea, workspace uuid, number bigint, at timestamptz, actor text, action text, target text, detail jsonb,
    correlation uuid) returns bytea language sql stable as $$
    select sha256(previous || convert_to(jsonb_build_array(
        workspace, number, to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), actor, action, target, detail,
        correlation)::text, 'UTF8'))
$$;

create function accounts.audit(
    workspace uuid, actor text, action text, target text, detail jsonb, correlation uuid, address text)
    returns void language plpgsql as $$
declare
    chain  accounts.audit_chains;
    next   bytea;
    moment timestamptz := clock_timestamp();
begin
    insert into accounts.audit_chains values (workspace, 0, '') on conflict do nothing;
    select * into chain from accounts.audit_chains where workspace_id = workspace for update;
    next := accounts.audit_hash(
        chain.head, workspace, chain.entries + 1, moment, actor, action, target, detail, correlation);
    insert into accounts.audit_log values
        (workspace, chain.entries + 1, moment, actor, action, target, detail, correlation, address, next);
    update accounts.audit_chains set entries = chain.entries + 1, head = next where workspace_id = workspace;
end $$;

alter table accounts.sessions        enable row level security, force row level security;
alter table accounts.refresh_tokens  enable row level security, force row level security;
alter table accounts.audit_chains    enable row level security, force row level security;
alter table accounts.audit_log       enable row level security, force row level security;

-- A person sees their own sessions in whatever workspace they are; nobody but a worker session sees refresh tokens.
create policy person    on accounts.sessions       to lectern_api using (person_id = (select lectern_person()));
create policy workspace on accounts.audit_chains   to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on accounts.audit_log      to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on accounts.sessions       to lectern_worker using (true);
create policy worker    on accounts.refresh_tokens to lectern_worker using (true);
create policy worker    on accounts.audit_chains   to lectern_worker using (true);
create policy worker    on accounts.audit_log      to lectern_worker using (true);

grant select on accounts.sessions to lectern_api;
grant select, insert, update, delete on accounts.sessions to lectern_worker;
grant select, insert, update, delete on accounts.refresh_tokens to lectern_worker;
grant select, insert, delete on accounts.revocations to lectern_worker;
grant select, insert, update on accounts.signing_keys to lectern_worker;
-- Entries of the audit log are append-only, but for the address.
grant select, insert, update on accounts.audit_chains to lectern_api, lectern_worker;
grant select, insert on accounts.audit_log to lectern_api, lectern_worker;
grant update (address) on accounts.audit_log to lectern_worker;

grant select (email_verified_at, plan) on accounts.people to lectern_api;
grant update on accounts.people, accounts.workspaces, accounts.members to lectern_worker;
grant delete on accounts.members to lectern_worker;
