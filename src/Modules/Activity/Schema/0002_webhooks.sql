-- Endpoints that are told what happens, what each was told, and what came of every try.
create table activity.webhooks (
    id                uuid        constraint webhooks_pkey primary key, -- also the id of its stream
    workspace_id      uuid        not null,
    slot              int,                  -- one of the workspace's places for endpoints; null once deleted
    url               text        not null,
    description       text        not null,
    events            text[]      not null, -- names, prefixes such as job.*, or * for all
    payload_version   int         not null, -- as it was when it was made: what it is sent never changes its form
    secret_id         uuid        not null, -- in the vault
    old_secret_id     uuid,                 -- signs, too, until
    old_secret_until  timestamptz,
    version           int         not null, -- of its stream
    failing_since     timestamptz,          -- the first failure since something was delivered
    disabled_at       timestamptz,
    disabled_reason   text,
    deleted_at        timestamptz,          -- its rows go bit by bit
    created_at        timestamptz not null default now(),
    changed_at        timestamptz not null default now(),
    constraint webhooks_per_workspace check (slot between 1 and 20),
    constraint webhooks_slot unique (workspace_id, slot),
    constraint webhook_is_for_something check (cardinality(events) > 0),
    constraint webhook_disabled_for_a_reason check ((disabled_at is null) = (disabled_reason is null))
);

-- What one endpoint is told of one event. The body is made anew for each try from the event, which never changes.
create table activity.webhook_deliveries (
    id               uuid        constraint webhook_deliveries_pkey primary key,
    workspace_id     uuid        not null,
    webhook_id       uuid        not null constraint delivery_to_a_webhook references activity.webhooks,
    event_id         uuid        not null,
    type             text        not null, -- its public name
    stream_id        uuid,                 -- where the event stands; null for a test
    stream_version   int,
    status           text        not null default 'pending'
                     constraint delivery_status check (status in ('pending', 'delivered', 'exhausted', 'disabled', 'deleted')),
    tries            int         not null default 0, -- failed ones since it was asked for
    attempts         int         not null default 0, -- all of them
    next_attempt_at  timestamptz default now(),      -- while it is pending
    last_outcome     text,
    last_status      int,
    created_at       timestamptz not null default now(),
    ended_at         timestamptz,
    constraint delivery_once_per_event_and_webhook unique (webhook_id, event_id),
    constraint delivery_ends_once check ((status = 'pending') = (ended_at is null))
);
create index webhook_deliveries_listed on activity.webhook_deliveries (webhook_id, created_at, id);
create index webhook_deliveries_undelivered on activity.webhook_deliveries (webhook_id, created_at, id)
    where status in ('exhausted', 'disabled');
create index webhook_deliveries_pending on activity.webhook_deliveries (webhook_id) where status = 'pending';
create index webhook_deliveries_ended on activity.webhook_deliveries (ended_at);
create index webhook_deliveries_workspace on activity.webhook_deliveries (workspace_id);

create table activity.webhook_attempts (
    delivery_id    uuid        not null references activity.webhook_deliveries on delete cascade,
    number         int         not null,
    workspace_id   uuid        not null,
    at             timestamptz not null,
    duration_ms    int         not null,
    outcome        text        not null,
    status         int,
    answer         text,                -- how the answer begins
    constraint webhook_attempts_pkey primary key (delivery_id, number)
);

alter table activity.webhooks           enable row level security, force row level security;
alter table activity.webhook_deliveries enable row level security, force row level security;
alter table activity.webhook_attempts   enable row level security, force row level security;

create policy workspace on activity.webhooks           to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on activity.webhook_deliveries to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on activity.webhook_attempts   to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker on activity.webhooks           to lectern_worker using (true);
create policy worker on activity.webhook_deliveries to lectern_worker using (true);
create policy worker on activity.webhook_attempts   to lectern_worker using (true);

-- Requests look; what they change goes with a secret or a message, as the worker.
grant select on activity.webhooks, activity.webhook_deliveries, activity.webhook_attempts to lectern_api;
grant select, insert, update, delete on activity.webhooks, activity.webhook_deliveries to lectern_worker;
grant select, insert, delete on activity.webhook_attempts to lectern_worker;
