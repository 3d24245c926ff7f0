-- What people see of themselves, their avatars, and the erasure of accounts.

-- A platform administrator who visits a workspace is not among its members, and still sees who they are.
create policy themselves on accounts.people to lectern_api using (id = (select lectern_person()));

create table accounts.avatars (
    person_id   uuid        primary key references accounts.people on delete cascade,
    blob        text        not null,
    sha256      text        not null,
    bytes       bigint      not null,
    changed_at  timestamptz not null default now()
);
alter table accounts.avatars enable row level security, force row level security;
create policy colleagues on accounts.avatars to lectern_api using (
    person_id = (select lectern_person())
    or exists (select from accounts.members m
               where m.person_id = avatars.person_id and m.workspace_id = (select lectern_workspace())));
create policy worker on accounts.avatars to lectern_worker using (true);
grant select on accounts.avatars to lectern_api;
grant select, insert, update, delete on accounts.avatars to lectern_worker;

-- From the wish to be erased until it is done: the account is disabled and nobody can enable it again.
alter table accounts.people
    add column erasing_at timestamptz,
    add constraint people_who_are_erased_stay_disabled check (erasing_at is null or disabled_at is not null);

-- Exports and erasures look for what one person did, and for what was done to them.
create index audit_log_actor on accounts.audit_log (actor);
create index audit_log_target on accounts.audit_log (target) where target is not null;

-- The beginning of an erasure: shared workspaces lose the member, and where nobody else is, they go with the account, as
-- the personal one does. That a workspace with members keeps an admin, a trigger sees to (workspace_has_an_admin).
create function accounts.begin_erasure(erased uuid) returns void language plpgsql as $$
begin
    perform from accounts.workspaces w
    where w.id in (select workspace_id from accounts.members where person_id = erased) order by w.id for update;
    insert into accounts.revocations (subject)
        select stamp from accounts.members where person_id = erased on conflict do nothing;
    update accounts.workspaces w set deleted_at = now()
    where deleted_at is null and id in (select workspace_id from accounts.members where person_id = erased)
      and not exists (select from accounts.members o where o.workspace_id = w.id and o.person_id <> erased);
    delete from accounts.members m using accounts.workspaces w
    where m.person_id = erased and w.id = m.workspace_id and w.deleted_at is null;
    update accounts.people
        set erasing_at = coalesce(erasing_at, now()), disabled_at = coalesce(disabled_at, now()) where id = erased;
end $$;
