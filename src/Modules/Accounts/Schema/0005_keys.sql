-- API keys, and the vault of provider keys.

-- A key acts as its maker. Only its SHA-256 is kept: 256 random bits need no slow hash.
create table accounts.api_keys (
    id            uuid        primary key,
    workspace_id  uuid        not null references accounts.workspaces,
    person_id     uuid        not null references accounts.people on delete cascade,
    name          text        not null,
    hash          bytea       not null constraint api_keys_hash unique,
    start         text        not null, -- what it begins and ends with, to tell keys apart
    last_four     text        not null,
    scopes        text[]      not null check (cardinality(scopes) > 0),
    credit_cap    bigint      check (credit_cap >= 0), -- micro-credits
    created_at    timestamptz not null default now(),
    expires_at    timestamptz,
    last_used_at  timestamptz,
    leaked_at     timestamptz, -- when it was first seen in a query string
    revoked_at    timestamptz
);
create index api_keys_workspace on accounts.api_keys (workspace_id, created_at, id);
create index api_keys_person on accounts.api_keys (person_id);

-- Which keys wrap the workspaces' data keys. They are derived from the master key and stand nowhere.
create table accounts.vault_generations (
    generation  int         primary key,
    since       timestamptz not null default now()
);
insert into accounts.vault_generations (generation) values (1);

-- The key that a workspace's secrets are sealed with, itself sealed with the wrapping key of its generation. Without
-- this row nothing of the workspace can be read any more: deleting it is how secrets are destroyed, backups aside.
create table accounts.data_keys (
    id            uuid    primary key,
    workspace_id  uuid    not null constraint one_data_key_per_workspace unique references accounts.workspaces,
    generation    int     not null references accounts.vault_generations,
    wrapped       bytea   not null,
    constraint data_keys_as_used unique (id, workspace_id)
);
create index data_keys_generation on accounts.data_keys (generation, id);

-- The foreign key names the data key itself and not just the workspace: what was sealed with a data key that is gone
-- can't be stored beside its successor.
create table accounts.provider_keys (
    id                 uuid        primary key,
    workspace_id       uuid        not null,
    data_key           uuid        not null,
    provider           text        not null,
    name               text        not null,
    version            int         not null default 1, -- counts the secrets; each is sealed for its own
    sealed             bytea       not null,
    last_four          text        not null,
    fingerprint        text        not null,
    created_at         timestamptz not null default now(),
    replaced_at        timestamptz,
    last_tested_at     timestamptz,
    last_test_outcome  text        check (last_test_outcome in ('valid', 'refused', 'unreachable')),
    constraint provider_keys_name unique (workspace_id, name),
    constraint provider_keys_data_key foreign key (data_key, workspace_id) references accounts.data_keys (id, workspace_id),
    constraint provider_keys_version_follows check (version > 0)
);
create index provider_keys_provider on accounts.provider_keys (workspace_id, provider);
create index provider_keys_data_key on accounts.provider_keys (data_key);

-- With its workspace the vault's content goes, whoever deletes the workspace and whatever else they forget.
create function accounts.shred_vault() returns trigger language plpgsql as $$
begin
    delete from accounts.provider_keys where workspace_id = new.id;
    delete from accounts.data_keys where workspace_id = new.id;
    return null;
end $$;
create trigger shred_vault after update of deleted_at on accounts.workspaces
    for each row when (new.deleted_at is not null) execute function accounts.shred_vault();

-- Hosts remember verified keys; this makes them look again within a second. A change of role or the end of a membership
-- does so by the membership's stamp.
create function accounts.recheck_keys_of_person() returns trigger language plpgsql as $$
begin
    insert into accounts.revocations (subject)
    select id from accounts.api_keys where person_id = new.id
    on conflict (subject) do update set at = now();
    return null;
end $$;
create trigger recheck_keys after update of disabled_at, erased_at on accounts.people
    for each row execute function accounts.recheck_keys_of_person();

alter table accounts.api_keys          enable row level security, force row level security;
alter table accounts.vault_generations enable row level security, force row level security;
alter table accounts.data_keys         enable row level security, force row level security;
alter table accounts.provider_keys     enable row level security, force row level security;

create policy workspace on accounts.api_keys      to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on accounts.provider_keys to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker on accounts.api_keys          to lectern_worker using (true);
create policy worker on accounts.vault_generations to lectern_worker using (true);
create policy worker on accounts.data_keys         to lectern_worker using (true);
create policy worker on accounts.provider_keys     to lectern_worker using (true);

-- Requests see what is shown of keys, and neither hashes nor anything sealed.
grant select (id, workspace_id, person_id, name, start, last_four, scopes, credit_cap, created_at, expires_at,
    last_used_at, leaked_at, revoked_at) on accounts.api_keys to lectern_api;
grant select (id, workspace_id, provider, name, last_four, fingerprint, created_at, replaced_at, last_tested_at,
    last_test_outcome) on accounts.provider_keys to lectern_api;
grant insert, update (name) on accounts.api_keys to lectern_api;
grant select, insert, update, delete on accounts.api_keys, accounts.data_keys, accounts.provider_keys to lectern_worker;
grant select, insert on accounts.vault_generations to lectern_worker;
grant update on accounts.revocations to lectern_worker;
