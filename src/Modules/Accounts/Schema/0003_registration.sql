-- What is confirmed by mail before it happens, and people who sign in with OpenID Connect.

-- The token in the mail is an HMAC of the row's id: nothing that could be used is stored. A row is used once; who uses
-- it deletes it in the unit of work that it confirms.
create table accounts.confirmations (
    id                uuid        primary key,
    purpose           text        not null check (purpose in ('sign_up', 'password_reset', 'email_change', 'sign_in_setup')),
    email             text        not null,
    email_normalized  text        not null,
    person_id         uuid        references accounts.people on delete cascade,
    password_hash     text,
    name              text,
    created_at        timestamptz not null default now(),
    expires_at        timestamptz not null,
    constraint confirmations_of_an_account check ((person_id is not null) = (purpose in ('email_change', 'sign_in_setup'))),
    constraint confirmations_with_a_password check ((password_hash is not null) = (purpose = 'sign_up'))
);
create index confirmations_email on accounts.confirmations (email_normalized);
create index confirmations_person on accounts.confirmations (person_id) where person_id is not null;
create index confirmations_expires_at on accounts.confirmations (expires_at);

-- Of two that use a row at once the second waits for the first, and then finds nothing.
create function accounts.use_confirmation(confirmation uuid) returns void language plpgsql as $$
begin
    delete from accounts.confirmations where id = confirmation and expires_at > now();
    if not found then
        raise exception 'The confirmation was used, or has expired.'
            using errcode = 'integrity_constraint_violation', constraint = 'confirmation_is_good_once';
    end if;
end $$;

-- Checking a password takes a third of a second, and more in a line. Who changes it in that time ends the sessions that
-- there are; the log-in that stood on the old password must not add one after them.
create function accounts.hold_password(person uuid, hash text) returns void language plpgsql as $$
begin
    perform from accounts.people where id = person and password_hash = hash and disabled_at is null for share;
    if not found then
        raise exception 'The password was changed in the meantime.'
            using errcode = 'integrity_constraint_violation', constraint = 'password_is_the_checked_one';
    end if;
end $$;

-- Who a person is to an issuer of OpenID Connect. The subject never changes; an address does, so it is not kept here.
create table accounts.external_identities (
    issuer     text        not null,
    subject    text        not null,
    person_id  uuid        not null references accounts.people on delete cascade,
    linked_at  timestamptz not null default now(),
    primary key (issuer, subject),
    -- An address that an issuer gives to somebody else, as employers do, must not open its first owner's account.
    constraint one_identity_at_each_issuer unique (person_id, issuer)
);

-- Sign-ins that are under way at an issuer. State, nonce, PKCE verifier and the browser's cookie are HMACs of the id.
create table accounts.openid_flows (
    id          uuid        primary key,
    issuer      text        not null,
    expires_at  timestamptz not null
);
create index openid_flows_expires_at on accounts.openid_flows (expires_at);

alter table accounts.confirmations       enable row level security, force row level security;
alter table accounts.external_identities enable row level security, force row level security;
alter table accounts.openid_flows        enable row level security, force row level security;

-- Whoever uses these is not signed in yet, so no session of a workspace sees them.
create policy worker on accounts.confirmations       to lectern_worker using (true);
create policy worker on accounts.external_identities to lectern_worker using (true);
create policy worker on accounts.openid_flows        to lectern_worker using (true);

grant select, insert, delete on accounts.confirmations, accounts.external_identities, accounts.openid_flows to lectern_worker;
