create table meters.meter_view (
    id uuid primary key, workspace_id uuid not null, total int not null, readings int not null,
    changed_at timestamptz not null, constraint meter_total_not_negative check (total >= 0));
alter table meters.meter_view enable row level security, force row level security;
create policy workspace on meters.meter_view to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker on meters.meter_view to lectern_worker using (true);
grant select, insert, update, delete on meters.meter_view to lectern_api, lectern_worker;
