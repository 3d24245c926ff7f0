-- A job may name a voice that speaks what its narrator can't.
alter table jobs.job_view add column fallback_voice text;
alter table jobs.job_view add column chunks_by_fallback int not null default 0;
-- Engine and class that the run's price is for: nobody else speaks for it.
alter table jobs.job_view add column priced_as text;
alter table jobs.job_view add column fallback_priced_as text;
alter table jobs.chunks add column spoken_by text;  -- progress: the fallback, where it was not the narrator
