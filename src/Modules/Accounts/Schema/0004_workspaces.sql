-- Shared workspaces: what holds of their members, and invitations; and what holds of the platform's administrators.

-- A living workspace has an admin. The workspace's row is locked before looking, so that of two admins who step down at
-- once the second sees that the first is gone. A workspace that ends is marked as deleted first.
create function accounts.require_admin() returns trigger language plpgsql as $$
begin
    perform 1 from accounts.workspaces where id = old.workspace_id and deleted_at is null for no key update;
    if found and not exists (
        select from accounts.members where workspace_id = old.workspace_id and role = 'admin') then
        raise exception 'Workspace % would be without an admin.', old.workspace_id
            using errcode = 'check_violation', constraint = 'workspace_has_an_admin';
    end if;
    return null;
end $$;
create trigger workspace_has_an_admin after update or delete on accounts.members
    for each row when (old.role = 'admin') execute function accounts.require_admin();

-- A platform that has an administrator keeps one. There is no row that stands for the platform, hence the lock.
create function accounts.require_platform_admin() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('accounts.platform_has_an_admin', 0));
    if not exists (
        select from accounts.people where platform_admin and disabled_at is null and erased_at is null) then
        raise exception 'The platform would be without an administrator.'
            using errcode = 'check_violation', constraint = 'platform_has_an_admin';
    end if;
    return null;
end $$;
create trigger platform_has_an_admin after update on accounts.people for each row
    when (old.platform_admin and old.disabled_at is null and old.erased_at is null
          and not (new.platform_admin and new.disabled_at is null and new.erased_at is null))
    execute function accounts.require_platform_admin();
create index people_platform_admins on accounts.people (id) where platform_admin;

-- An invitation is open as long as its row is here and has not expired: accepted, withdrawn or replaced, it is deleted, so
-- that nobody's address is kept for longer than it is needed. The secret that is mailed is derived from the id.
create table accounts.invitations (
    id                uuid        primary key,
    workspace_id      uuid        not null references accounts.workspaces,
    email             text        not null,
    email_normalized  text        not null,
    role              text        not null check (role in ('viewer', 'editor', 'admin')),
    invited_by        uuid        not null references accounts.people,
    created_at        timestamptz not null default now(),
    expires_at        timestamptz not null,
    constraint one_invitation_per_address unique (workspace_id, email_normalized)
);
create index invitations_email on accounts.invitations (email_normalized);
create index invitations_expiry on accounts.invitations (expires_at);

-- Makes a member of who was invited. The workspace is locked first, as by whoever deletes it.
create function accounts.accept_invitation(invitation uuid, address text, person uuid, stamp uuid)
    returns void language plpgsql as $$
declare
    accepted accounts.invitations;
begin
    perform 1 from accounts.workspaces w join accounts.invitations i on i.workspace_id = w.id
        where i.id = invitation and w.deleted_at is null for share of w;
    if found then
        delete from accounts.invitations i
            where i.id = invitation and i.email_normalized = address and i.expires_at > now() returning * into accepted;
    end if;
    if not found then
        raise exception 'Invitation % is not open to this address.', invitation
            using errcode = 'check_violation', constraint = 'invitation_is_open';
    end if;
    insert into accounts.members (workspace_id, person_id, role, stamp)
        values (accepted.workspace_id, person, accepted.role, stamp);
end $$;

alter table accounts.invitations  enable row level security, force row level security;
alter table accounts.revocations  enable row level security, force row level security;
alter table accounts.signing_keys enable row level security, force row level security;

create policy workspace on accounts.invitations  to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on accounts.invitations  to lectern_worker using (true);
create policy worker    on accounts.revocations  to lectern_worker using (true);
create policy worker    on accounts.signing_keys to lectern_worker using (true);

-- In which workspaces a person is, no workspace shows; a session that has the person in the workspace's place does, and
-- nothing else of them.
create policy person on accounts.members to lectern_api using (
    (select lectern_workspace()) = (select lectern_person()) and person_id = (select lectern_person()));
create policy person on accounts.workspaces to lectern_api using (
    (select lectern_workspace()) = (select lectern_person())
    and exists (select from accounts.members m where m.workspace_id = workspaces.id));

grant select on accounts.invitations to lectern_api;
grant select, insert, update, delete on accounts.invitations to lectern_worker;

-- The administrators' lists: newest first, by the beginning of an address.
create index people_created on accounts.people (created_at, id);
create index people_email_prefix on accounts.people (email_normalized text_pattern_ops);
create index workspaces_created on accounts.workspaces (created_at, id);
