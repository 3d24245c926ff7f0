-- What people, workspaces and the platform prefer. The definitions, with types, rules and defaults, are in the code; here
-- are only the values that somebody set. People and workspaces have ids of one kind, so one column names the owner.

create table accounts.preferences (
    owner_id    uuid        not null,
    key         text        not null,
    level       text        not null check (level in ('platform', 'workspace', 'person')),
    value       jsonb       not null check (value <> 'null'),
    updated_at  timestamptz not null default now(),
    updated_by  uuid        not null,
    primary key (owner_id, key),
    check ((level = 'platform') = (owner_id = '00000000-0000-0000-0000-000000000000'))
);

alter table accounts.preferences enable row level security, force row level security;

create policy platform  on accounts.preferences for select to lectern_api using (level = 'platform');
create policy workspace on accounts.preferences to lectern_api
    using (level = 'workspace' and owner_id = (select lectern_workspace()));
create policy person    on accounts.preferences to lectern_api
    using (level = 'person' and owner_id = (select lectern_person()));
create policy worker    on accounts.preferences to lectern_worker using (true);

-- Who changed the platform's values is nobody else's business.
grant select (owner_id, key, level, value, updated_at), insert, update, delete on accounts.preferences to lectern_api;
grant select, insert, update, delete on accounts.preferences to lectern_worker;
