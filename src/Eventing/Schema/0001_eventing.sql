-- The event store, the queue and the projections' positions. Every table that holds a workspace's data has
-- workspace_id and forced row security from the first day: lectern_api sees one workspace (the one that heads its
-- batch), lectern_worker sees all, and neither owns a table.

create table eventing.streams (
    id                uuid        primary key,
    type              text        not null,
    workspace_id      uuid        not null,
    version           int         not null check (version > 0),
    snapshot          jsonb,
    snapshot_version  int         not null default 0,
    snapshot_schema   int         not null default 0,
    created_at        timestamptz not null default now()
) with (fillfactor = 80);

-- seq is drawn by the insert, after the stream's row was written in the same transaction, so it follows every stream's
-- order; it is final for readers only below a fence (see LogReader). (stream_id, version) arbitrates lost races, and id
-- tells a writer whose commit was cut off whether it had succeeded.
create table eventing.events (
    seq             bigint      generated always as identity (cache 1),
    id              uuid        not null,
    stream_id       uuid        not null,
    version         int         not null,
    type            text        not null,
    data            jsonb       not null,
    workspace_id    uuid        not null,
    actor           text        not null,
    correlation_id  uuid        not null,
    causation_id    uuid,
    traceparent     text,
    at              timestamptz not null default now(),
    constraint events_stream_version primary key (stream_id, version),
    constraint events_id unique (id),
    constraint events_seq unique (seq)
);

create table eventing.messages (
    id              uuid        primary key,
    seq             bigint      generated always as identity (cache 1),
    lane            text        not null,
    type            text        not null,
    data            jsonb       not null,
    workspace_id    uuid        not null,
    group_id        uuid,
    actor           text        not null,
    correlation_id  uuid        not null,
    causation_id    uuid,
    traceparent     text,
    state           text        not null default 'ready' check (state in ('ready', 'delayed', 'leased')),
    due_at          timestamptz not null default now(),
    attempts        int         not null default 0,
    generation      int         not null default 0,
    leased_by       int,
    leased_until    timestamptz,
    last_error      text,
    enqueued_at     timestamptz not null default now()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
create index messages_ready on eventing.messages (lane, seq) where state = 'ready';
create index messages_delayed on eventing.messages (due_at) where state = 'delayed';
create index messages_leased on eventing.messages (lane, leased_until) where state = 'leased';
create index messages_group on eventing.messages (group_id) where group_id is not null;

create table eventing.dead_letters (
    id              uuid        primary key,
    lane            text        not null,
    type            text        not null,
    data            jsonb       not null,
    workspace_id    uuid        not null,
    group_id        uuid,
    actor           text        not null,
    correlation_id  uuid        not null,
    causation_id    uuid,
    traceparent     text,
    attempts        int         not null,
    generation      int         not null, -- kept over a replay: a worker of before must not fit the new lease
    error           text        not null,
    enqueued_at     timestamptz not null,
    died_at         timestamptz not null default now()
);

-- Only lanes with a cluster-wide limit have a row: a provider credential that allows so many calls at once. The limit
-- halves when the provider says that it is busy, and grows back by one every recover_seconds.
create table eventing.lanes (
    name             text        primary key,
    max_concurrency  int         not null check (max_concurrency > 0),
    concurrency      int         not null check (concurrency between 1 and max_concurrency),
    recover_seconds  int         not null default 10,
    changed_at       timestamptz not null default now()
);

create table eventing.projections (
    name      text        primary key,
    version   int         not null,
    position  bigint      not null default 0,
    error     text,
    changed_at timestamptz not null default now()
);

-- The answer that a request with an Idempotency-Key got, written first in the unit of work that it names.
create table eventing.idempotency_keys (
    workspace_id  uuid        not null,
    route         text        not null,
    key           text        not null,
    fingerprint   bytea       not null,
    status        int         not null,
    location      text,
    body          bytea       not null,
    created_at    timestamptz not null default now(),
    primary key (workspace_id, route, key)
);
create index idempotency_keys_created_at on eventing.idempotency_keys (created_at);

-- One row for each unit of work that appends no event and so has no event's id to be found again by, should the answer
-- to its commit get lost. Swept after some minutes.
create table eventing.commits (
    id  uuid        primary key,
    at  timestamptz not null default now()
);

create sequence eventing.host_numbers as int cycle;

-- Ends a message's lease with the work that it caused; with an error, the message becomes a dead letter. A worker whose
-- lease was taken over fails here, and with it its whole transaction: a late result is never written.
create function eventing.complete_message(message uuid, lease int, failure text) returns void language plpgsql as $$
declare
    m eventing.messages;
begin
    delete from eventing.messages where id = message and generation = lease and state = 'leased' returning * into m;
    if not found then
        raise exception 'The lease of message % was lost.', message using errcode = 'LE001';
    end if;
    if failure is not null then
        insert into eventing.dead_letters (id, lane, type, data, workspace_id, group_id, actor, correlation_id,
                                           causation_id, traceparent, attempts, generation, error, enqueued_at)
        values (m.id, m.lane, m.type, m.data, m.workspace_id, m.group_id, m.actor, m.correlation_id,
                m.causation_id, m.traceparent, m.attempts + 1, m.generation, failure, m.enqueued_at);
    end if;
end $$;

alter table eventing.streams          enable row level security, force row level security;
alter table eventing.events           enable row level security, force row level security;
alter table eventing.messages         enable row level security, force row level security;
alter table eventing.dead_letters     enable row level security, force row level security;
alter table eventing.idempotency_keys enable row level security, force row level security;

create policy workspace on eventing.streams          to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on eventing.events           to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on eventing.messages         to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on eventing.idempotency_keys to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on eventing.streams          to lectern_worker using (true);
create policy worker    on eventing.events           to lectern_worker using (true);
create policy worker    on eventing.messages         to lectern_worker using (true);
create policy worker    on eventing.dead_letters     to lectern_worker using (true);
create policy worker    on eventing.idempotency_keys to lectern_worker using (true);

grant select, insert, update on eventing.streams to lectern_api, lectern_worker;
-- Events are append-only: nobody but the owner could change or delete one.
grant select, insert on eventing.events to lectern_api, lectern_worker;
grant select, insert, delete on eventing.messages to lectern_api;
grant select, insert, update, delete on eventing.messages to lectern_worker;
grant select, insert, delete on eventing.dead_letters to lectern_worker;
grant select on eventing.lanes to lectern_api;
grant select, insert, update on eventing.lanes to lectern_worker;
grant select on eventing.projections to lectern_api;
grant select, insert, update on eventing.projections to lectern_worker;
grant select, insert on eventing.idempotency_keys to lectern_api;
grant select, insert, delete on eventing.idempotency_keys to lectern_worker;
grant select, insert on eventing.commits to lectern_api;
grant select, insert, delete on eventing.commits to lectern_worker;
grant usage on sequence eventing.host_numbers to lectern_worker;
