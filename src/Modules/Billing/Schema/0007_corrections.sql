-- A correction comes after what it corrects; its foreign key alone would let it name itself.
alter table billing.ledger add constraint correction_of_an_earlier_entry check (corrects < number);
