-- Tickets for live connections: what a browser can put into an address, since EventSource and WebSocket send no headers.

-- Good once, for seconds. Only the SHA-256 is kept. A ticket stands on what its maker's credential stood on: a session and
-- a membership's stamp (for a visitor the session again), or an API key.
create table accounts.live_tickets (
    hash               bytea       primary key,
    person_id          uuid        not null references accounts.people on delete cascade,
    workspace_id       uuid        not null references accounts.workspaces,
    role               text        not null check (role in ('viewer', 'editor', 'admin')),
    is_platform_admin  boolean     not null,
    session_id         uuid        references accounts.sessions on delete cascade,
    stamp              uuid,
    stands_until       timestamptz,
    api_key_id         uuid        references accounts.api_keys on delete cascade,
    expires_at         timestamptz not null,
    constraint live_tickets_stand_on_one_thing check (
        (api_key_id is null) = (session_id is not null)
        and (session_id is null) = (stamp is null) and (session_id is null) = (stands_until is null))
);
create index live_tickets_expires_at on accounts.live_tickets (expires_at);
create index live_tickets_person on accounts.live_tickets (person_id);
create index live_tickets_session on accounts.live_tickets (session_id);
create index live_tickets_api_key on accounts.live_tickets (api_key_id);

alter table accounts.live_tickets enable row level security, force row level security;
create policy worker on accounts.live_tickets to lectern_worker using (true);
grant select, insert, delete on accounts.live_tickets to lectern_worker;
