-- What other modules keep secret for a workspace, sealed with its data key like provider keys: one wrapping key to
-- replace, one row to destroy. Which of their rows a secret belongs to is theirs to know.
create table accounts.secrets (
    id            uuid        constraint secrets_pkey primary key,
    workspace_id  uuid        not null,
    data_key      uuid        not null,
    purpose       text        not null, -- sealed for it: it opens for nothing else
    sealed        bytea       not null,
    created_at    timestamptz not null default now(),
    constraint secrets_data_key foreign key (data_key, workspace_id) references accounts.data_keys (id, workspace_id)
);
create index secrets_data_key on accounts.secrets (data_key);

create or replace function accounts.shred_vault() returns trigger language plpgsql as $$
begin
    delete from accounts.provider_keys where workspace_id = new.id;
    delete from accounts.secrets where workspace_id = new.id;
    delete from accounts.data_keys where workspace_id = new.id;
    return null;
end $$;

-- Requests see nothing of them.
alter table accounts.secrets enable row level security, force row level security;
create policy worker on accounts.secrets to lectern_worker using (true);
grant select, insert, delete on accounts.secrets to lectern_worker;
