-- Detail tables hold what can be erased (texts, titles); they are no projection and take no part in a rebuild.
-- Progress (columns marked so, and job_view) is written by inline projections and can be made anew from the events.

create table jobs.manuscripts (
    job_id        uuid primary key,
    workspace_id  uuid not null,
    title         text not null,
    author        text,
    language      text not null,
    markdown      boolean not null,
    text          text not null
);

-- The audio of a chunk, known by the hash of what was spoken and how. It belongs to its workspace.
create table jobs.audio (
    workspace_id  uuid   not null,
    hash          text   not null,
    blob          text   not null,
    samples       int    not null,
    rate          int    not null,
    bytes         bigint not null,
    sha256        text   not null,
    created_at    timestamptz not null default now(),
    primary key (workspace_id, hash)
);

-- A chunk's audio is paid once in its workspace, whichever job comes first: the key says so, not a check.
create table jobs.paid_audio (
    workspace_id  uuid not null,
    hash          text not null,
    job_id        uuid not null,
    primary key (workspace_id, hash)
);

create table jobs.encodings (
    workspace_id  uuid   not null,
    hash          text   not null,
    blob          text   not null,
    samples       bigint not null,
    bytes         bigint not null,
    created_at    timestamptz not null default now(),
    primary key (workspace_id, hash)
);

create table jobs.chapters (
    job_id        uuid not null,
    chapter       int  not null,
    workspace_id  uuid not null,
    title         text not null,
    first_segment int  not null,
    segments      int  not null,
    primary key (job_id, chapter)
);

create table jobs.segments (
    job_id        uuid not null,
    segment       int  not null,
    workspace_id  uuid not null,
    chapter       int  not null,
    first_chunk   int  not null,
    chunks        int  not null,
    delivered_at  timestamptz,      -- its audio was played before the run had ended
    encoding      text,             -- progress
    primary key (job_id, segment),
    foreign key (workspace_id, encoding) references jobs.encodings (workspace_id, hash)
);
create index segments_encoding on jobs.segments (workspace_id, encoding) where encoding is not null;

create table jobs.chunks (
    job_id        uuid not null,
    chunk         int  not null,
    workspace_id  uuid not null,
    segment       int  not null,
    source_start  int  not null,
    source_length int  not null,
    spoken        text not null,
    pause_ms      int  not null,
    hash          text not null,
    turn          int,              -- place in the current run's order of work; null when it was done before
    audio         text,             -- progress: the hash again, once the audio is there
    primary key (job_id, chunk),
    foreign key (workspace_id, audio) references jobs.audio (workspace_id, hash)
);
create unique index chunks_turn on jobs.chunks (job_id, turn) where turn is not null;
create index chunks_segment on jobs.chunks (job_id, segment);
create index chunks_hash on jobs.chunks (workspace_id, hash);
create index chunks_audio on jobs.chunks (workspace_id, audio) where audio is not null;

create table jobs.artifacts (
    id            uuid primary key,
    job_id        uuid not null,
    workspace_id  uuid not null,
    run           int  not null,
    blob          text not null,
    sha256        text not null,
    bytes         bigint not null,
    media_type    text not null,
    unique (job_id, run)
);

-- A running job has one of its workspace's places; that no more run at once is this key's doing.
create table jobs.places (
    workspace_id  uuid not null,
    place         int  not null,
    job_id        uuid not null unique,
    primary key (workspace_id, place)
);

-- Why a run failed, in a sentence. It may quote a program's output, so it can be erased.
create table jobs.failures (
    job_id        uuid not null,
    run           int  not null,
    workspace_id  uuid not null,
    detail        text not null,
    primary key (job_id, run)
);

create table jobs.job_view (
    id                 uuid primary key,
    workspace_id       uuid not null,
    submitted_by       text not null,
    kind               text not null,
    status             text not null,
    stopping           boolean not null default false,
    stage              text not null,
    voice              text not null,
    format             text not null,
    bitrate            int  not null,
    characters         int  not null,
    words              int  not null default 0,
    run                int  not null,
    chapters           int  not null default 0,
    chapters_skipped   int  not null default 0,
    chapters_assembled int  not null default 0,
    chunks             int  not null default 0,
    chunks_done        int  not null default 0,
    chunks_reused      int  not null default 0,
    segments           int  not null default 0,
    segments_encoded   int  not null default 0,
    audio_ms           bigint not null default 0,
    run_chunks         int  not null default 0,
    run_audio_ms       bigint not null default 0,
    hold               uuid not null,
    held               bigint not null,
    charged            bigint not null default 0,
    failed_step        text,
    failed_code        text,
    artifact           uuid,
    sha256             text,
    bytes              bigint,
    duration_ms        bigint,
    version            int  not null,
    created_at         timestamptz not null,
    started_at         timestamptz,
    ended_at           timestamptz
) with (fillfactor = 50);
create index job_view_list on jobs.job_view (workspace_id, created_at desc, id desc);
create index job_view_pending on jobs.job_view (workspace_id, created_at, id) where status = 'pending';

-- The gain that brings a voice to the target loudness, measured once per voice and engine version; nobody's data.
create table jobs.voice_gains (
    voice           text not null,
    engine_version  text not null,
    gain_db         float8 not null,
    primary key (voice, engine_version)
);

do $$
declare
    name text;
begin
    foreach name in array array['manuscripts', 'audio', 'paid_audio', 'encodings', 'chapters', 'segments', 'chunks',
                                'artifacts', 'places', 'failures', 'job_view'] loop
        execute format('alter table jobs.%I enable row level security, force row level security', name);
        execute format('create policy workspace on jobs.%I to lectern_api using (workspace_id = (select lectern_workspace()))', name);
        execute format('create policy worker on jobs.%I to lectern_worker using (true)', name);
        execute format('grant select, insert, update, delete on jobs.%I to lectern_api, lectern_worker', name);
    end loop;
end $$;
grant select, insert on jobs.voice_gains to lectern_worker;
