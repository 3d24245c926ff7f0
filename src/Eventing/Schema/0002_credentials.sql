-- With which credential a person acted: 'session:<id>' or 'key:<id>'; null for the system, and in what was before.
alter table eventing.events       add column credential text;
alter table eventing.messages     add column credential text;
alter table eventing.dead_letters add column credential text;

-- A workspace's part of the log, in its order: what somebody missed who follows it live.
create index events_workspace on eventing.events (workspace_id, seq);

create or replace function eventing.complete_message(message uuid, lease int, failure text) returns void language plpgsql as $$
declare
    m eventing.messages;
begin
    delete from eventing.messages where id = message and generation = lease and state = 'leased' returning * into m;
    if not found then
        raise exception 'The lease of message % was lost.', message using errcode = 'LE001';
    end if;
    if failure is not null then
        insert into eventing.dead_letters (id, lane, type, data, workspace_id, group_id, actor, correlation_id,
                                           causation_id, traceparent, attempts, generation, error, enqueued_at, credential)
        values (m.id, m.lane, m.type, m.data, m.workspace_id, m.group_id, m.actor, m.correlation_id,
                m.causation_id, m.traceparent, m.attempts + 1, m.generation, failure, m.enqueued_at, m.credential);
    end if;
end $$;
