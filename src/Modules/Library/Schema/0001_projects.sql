-- Projects: what jobs are kept in. Name and description are what people write, so they stand here and in no event.
create table library.projects (
    id            uuid        constraint projects_pkey primary key, -- also the id of its stream
    workspace_id  uuid        not null,
    created_by    uuid        not null,
    name          text        not null,
    description   text        not null,
    version       int         not null, -- of its stream
    created_at    timestamptz not null,
    changed_at    timestamptz not null,
    constraint project_has_a_name check (char_length(name) between 1 and 100),
    constraint project_description_fits check (char_length(description) <= 2000)
);
-- Lists and searches read one workspace's projects, of which there are not many; see ProjectRules.
create index projects_workspace on library.projects (workspace_id, created_at desc, id desc);

-- Says by a constraint's name that a project is not there; one that is there can't be deleted before this transaction has
-- ended. So no job comes into a project whose deletion is committed, and in the log none does behind it: both sides take
-- the row before they draw a number for their event.
create function library.require_project(project uuid, workspace uuid) returns void
    language plpgsql as $$
begin
    perform from library.projects where id = project and workspace_id = workspace for key share;
    if not found then
        raise exception 'There is no project %.', project
            using errcode = 'foreign_key_violation', constraint = 'project_is_there';
    end if;
end $$;

alter table library.projects enable row level security, force row level security;

create policy workspace on library.projects to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on library.projects to lectern_worker using (true);

grant select, insert, delete, update (name, description, version, changed_at) on library.projects to lectern_api;
grant select, delete on library.projects to lectern_worker;
