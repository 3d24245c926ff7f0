-- The project that a job was put into. It may be gone: Library says which are there.
alter table jobs.job_view add column project_id uuid;
create index job_view_project on jobs.job_view (workspace_id, project_id, created_at desc, id desc)
    where project_id is not null;
