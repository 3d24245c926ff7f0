-- A correction comes after what it corrects; its foreign key alone would let it name itself.
alter table billing.ledger add constraint correction_of_an_earlier_entry check (corrects < number);

-- The view's next version has this column. Hosts that start first ask for it while it is still made anew.
alter table if exists billing.spend_by_day add column if not exists provider text not null default '';
