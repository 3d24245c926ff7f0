-- What API keys have spent or set aside, so that a key's own cap holds whoever races: a part of the wallet's inline view.
-- The cap comes with each hold and is written with the key's first; a key's cap never changes.

alter table billing.holds add column api_key uuid; -- the key that placed it

create table billing.key_spending (
    key_id        uuid    constraint key_spending_pkey primary key,
    wallet_id     uuid    not null constraint key_spending_of_wallet references billing.wallets,
    workspace_id  uuid    not null,
    cap           bigint, -- null for none
    used          bigint  not null, -- captured, and held in holds that have not ended
    constraint key_spending_not_negative check (used >= 0),
    constraint key_cap_not_exceeded      check (used <= cap)
) with (fillfactor = 50);
create index key_spending_wallet on billing.key_spending (wallet_id);

alter table billing.key_spending enable row level security, force row level security;
create policy workspace on billing.key_spending to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on billing.key_spending to lectern_worker using (true);
grant select, insert, update on billing.key_spending to lectern_api, lectern_worker;
grant delete on billing.key_spending to lectern_worker; -- for a rebuild
