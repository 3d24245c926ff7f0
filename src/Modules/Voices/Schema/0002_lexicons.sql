-- Lexicons: how words are to be said. Their words are what people write, so they stand here and in no event.
create table voices.lexicons (
    id            uuid        constraint lexicons_pkey primary key, -- also the id of its stream
    workspace_id  uuid        not null,
    project       uuid,                 -- null applies to the whole workspace
    name          text        not null,
    language      text        not null,
    version       int         not null, -- of its stream
    entries       int         not null, -- in force
    created_at    timestamptz not null default now(),
    changed_at    timestamptz not null default now(),
    constraint lexicon_not_too_large check (entries between 0 and 5000)
);
create index lexicons_workspace on voices.lexicons (workspace_id, created_at, id);

-- An entry is in force from a version on, up to the version that took it out: so a version costs as much as it changed,
-- and every one can be read.
create table voices.lexicon_entries (
    lexicon_id    uuid not null constraint entry_of_a_lexicon references voices.lexicons on delete cascade,
    workspace_id  uuid not null,
    word          text not null,
    alias         text,
    ipa           text,
    since         int  not null,
    until         int,
    constraint lexicon_entries_pkey    primary key (lexicon_id, word, since),
    constraint entry_says_something    check (alias is not null or ipa is not null),
    constraint entry_ends_after_it_was check (until > since)
);
create unique index lexicon_entry_once on voices.lexicon_entries (lexicon_id, word) where until is null;

alter table voices.lexicons        enable row level security, force row level security;
alter table voices.lexicon_entries enable row level security, force row level security;

create policy workspace on voices.lexicons        to lectern_api using (workspace_id = (select lectern_workspace()));
create policy workspace on voices.lexicon_entries to lectern_api using (workspace_id = (select lectern_workspace()));
create policy worker    on voices.lexicons        to lectern_worker using (true);
create policy worker    on voices.lexicon_entries to lectern_worker using (true);

grant select, insert, delete, update (name, language, version, entries, changed_at) on voices.lexicons to lectern_api;
grant select, insert, update (until) on voices.lexicon_entries to lectern_api;
grant select, delete on voices.lexicons to lectern_worker;
grant select on voices.lexicon_entries to lectern_worker;
