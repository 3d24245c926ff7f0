-- What can be erased of a character. Foreign keys name this table and not the view, which a rebuild writes anew.
create table voices.characters (
    id            uuid primary key,
    workspace_id  uuid not null,
    name          text not null,
    description   text not null
);

-- The voice sample, normalised; its figures are those of the file that was sent.
create table voices.samples (
    character_id  uuid   primary key constraint samples_character references voices.characters on delete cascade,
    workspace_id  uuid   not null,
    blob          text   not null,
    sha256        text   not null,
    bytes         bigint not null,
    duration_ms   int    not null,
    level_db      float8 not null,
    peak_db       float8 not null,
    floor_db      float8 not null,
    clipped_share float8 not null,
    pitch_median  float8,
    pitch_low     float8,
    pitch_high    float8
);

create table voices.character_images (
    character_id  uuid   not null constraint images_character references voices.characters on delete cascade,
    expression    text   not null,
    workspace_id  uuid   not null,
    blob          text   not null,
    thumbnail     text   not null,
    sha256        text   not null,
    bytes         bigint not null,
    primary key (character_id, expression)
);

-- Who said when that the voice may be cloned, for which recording and in which words. The hash of the words stands here
-- only: from an event, which stays, a short statement with a name in it could be guessed.
create table voices.consents (
    character_id     uuid primary key constraint consents_character references voices.characters on delete cascade,
    workspace_id     uuid not null,
    statement        text not null,
    statement_sha256 text not null,
    sample_sha256    text not null,
    given_by         text not null check (given_by in ('self', 'permitted')),
    person_id        uuid not null,
    given_at         timestamptz not null default now()
);

-- Counted when they are shown, so the count is right whoever stars, leaves or is erased at the same time.
create table voices.character_stars (
    character_id  uuid not null constraint stars_character references voices.characters on delete cascade,
    person_id     uuid not null,
    starred_at    timestamptz not null default now(),
    primary key (character_id, person_id)
);
create index character_stars_person on voices.character_stars (person_id);

-- A projection.
create table voices.character_view (
    id              uuid primary key,
    workspace_id    uuid not null,
    created_by      text not null,
    public          boolean not null,
    language        text not null,
    gender          text not null,
    speed           float8 not null,
    steps           int not null,
    cross_fade      float8 not null,
    remove_silences boolean not null,
    clone_provider  text,
    clone_voice     text,
    clone_failure   text,
    version         int not null,
    created_at      timestamptz not null,
    changed_at      timestamptz not null
);
create index character_view_list on voices.character_view (workspace_id, created_at desc, id desc);
create index character_view_public on voices.character_view (created_at desc, id desc) where public;

do $$
declare
    name text;
begin
    foreach name in array array['characters', 'samples', 'character_images', 'consents', 'character_stars',
                                'character_view'] loop
        execute format('alter table voices.%I enable row level security, force row level security', name);
        execute format('create policy worker on voices.%I to lectern_worker using (true)', name);
        execute format('grant select, insert, update, delete on voices.%I to lectern_worker', name);
    end loop;
    foreach name in array array['characters', 'samples', 'character_images', 'consents', 'character_view'] loop
        execute format('create policy workspace on voices.%I to lectern_api using (workspace_id = (select lectern_workspace()))', name);
        execute format('grant select, insert, update, delete on voices.%I to lectern_api', name);
    end loop;
end $$;

-- What is public can be seen from every workspace, but for the consent.
create policy everybody on voices.character_view for select to lectern_api using (public);
create policy everybody on voices.characters for select to lectern_api using (
    exists (select from voices.character_view v where v.id = characters.id and v.public));
create policy everybody on voices.samples for select to lectern_api using (
    exists (select from voices.character_view v where v.id = character_id and v.public));
create policy everybody on voices.character_images for select to lectern_api using (
    exists (select from voices.character_view v where v.id = character_id and v.public));

-- A person stars for themselves, what they can see; everybody counts.
create policy counted on voices.character_stars for select to lectern_api using (
    exists (select from voices.characters c where c.id = character_id));
create policy own on voices.character_stars for insert to lectern_api with check (
    person_id = (select lectern_person())
    and exists (select from voices.characters c where c.id = character_id));
create policy own_again on voices.character_stars for delete to lectern_api using (person_id = (select lectern_person()));
grant select, insert, delete on voices.character_stars to lectern_api;
