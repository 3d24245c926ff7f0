-- People, their workspaces and who belongs to which. These are detail tables, not projections: names, addresses and
-- password hashes stand in no event, take no part in a rebuild and can be erased. Log-in and sign-up know no workspace
-- yet and run as lectern_worker; everything else sees the people of one workspace, and never a password hash.

create table accounts.people (
    id                uuid        primary key,
    email             text        not null,
    email_normalized  text        not null constraint people_email unique,
    password_hash     text        not null,
    name              text,
    created_at        timestamptz not null default now()
);

create table accounts.workspaces (
    id          uuid        primary key,
    kind        text        not null check (kind in ('personal')),
    created_at  timestamptz not null default now()
);

create table accounts.members (
    workspace_id  uuid  not null references accounts.workspaces,
    person_id     uuid  not null references accounts.people,
    role          text  not null check (role in ('owner')),
    primary key (workspace_id, person_id)
);
create index members_person on accounts.members (person_id);

alter table accounts.people     enable row level security, force row level security;
alter table accounts.workspaces enable row level security, force row level security;
alter table accounts.members    enable row level security, force row level security;

create policy workspace on accounts.people to lectern_api using (
    exists (select from accounts.members m where m.person_id = people.id and m.workspace_id = (select lectern_workspace())));
create policy workspace on accounts.workspaces to lectern_api using (id = (select lectern_workspace()));
create policy workspace on accounts.members    to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on accounts.people     to lectern_worker using (true);
create policy worker    on accounts.workspaces to lectern_worker using (true);
create policy worker    on accounts.members    to lectern_worker using (true);

grant select (id, email, name, created_at) on accounts.people to lectern_api;
grant select on accounts.workspaces, accounts.members to lectern_api;
grant select, insert on accounts.people, accounts.workspaces, accounts.members to lectern_worker;
