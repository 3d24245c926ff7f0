create table bench.parcels (
    id uuid primary key, workspace_id uuid not null, scans int not null, changed_at timestamptz not null);
alter table bench.parcels enable row level security, force row level security;
create policy workspace on bench.parcels to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker on bench.parcels to lectern_worker using (true);
grant select, insert, update, delete on bench.parcels to lectern_api, lectern_worker;

-- The floor of floors: one row per commit.
create table bench.single (id uuid primary key, data jsonb not null, at timestamptz not null default now());
