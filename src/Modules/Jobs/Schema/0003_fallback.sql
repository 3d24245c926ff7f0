-- A job may name a voice that speaks what its narrator can't.
alter table jobs.job_view add column fallback_voice text;
alter table jobs.job_view add column chunks_by_fallback int not null default 0;
alter table jobs.chunks add column spoken_by text;  -- progress: the fallback, where it was not the narrator
