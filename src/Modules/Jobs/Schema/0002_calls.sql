-- The call that a piece of audio came from; Billing has its record. Audio of before calls were recorded has none, and
-- is not asked for one.
alter table jobs.audio add column call_id uuid;
alter table jobs.audio add constraint audio_came_from_a_call check (call_id is not null) not valid;
