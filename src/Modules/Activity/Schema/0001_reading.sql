-- What people have read of the feed and cleared from it. No projection: the feed can be made anew, and these stay. They name entries by their events' places in the log, which never change.

create table activity.reading (
    workspace_id  uuid   not null,
    person_id     uuid   not null,
    read_seq      bigint not null default 0,  -- all up to here is read
    cleared_seq   bigint not null default 0,  -- all up to here is hidden from this person
    primary key (workspace_id, person_id)
);
create index reading_person on activity.reading (person_id);

-- Entries behind read_seq that were read singly; they go when read_seq passes them.
create table activity.read_entries (
    workspace_id  uuid   not null,
    person_id     uuid   not null,
    seq           bigint not null,
    primary key (workspace_id, person_id, seq)
);
create index read_entries_person on activity.read_entries (person_id);

alter table activity.reading      enable row level security, force row level security;
alter table activity.read_entries enable row level security, force row level security;

-- A person's marks are nobody else's business, not the workspace's admins' either.
create policy own on activity.reading to lectern_api
    using (workspace_id = (select lectern_workspace()) and person_id = (select lectern_person()));
create policy own on activity.read_entries to lectern_api
    using (workspace_id = (select lectern_workspace()) and person_id = (select lectern_person()));
create policy worker on activity.reading      to lectern_worker using (true);
create policy worker on activity.read_entries to lectern_worker using (true);

grant select, insert, update on activity.reading to lectern_api;
grant select, insert, delete on activity.read_entries to lectern_api;
grant select, delete on activity.reading, activity.read_entries to lectern_worker;
