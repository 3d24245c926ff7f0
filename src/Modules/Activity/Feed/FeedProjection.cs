using System.Runtime.InteropServices;
using System.Text.Json;
using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.Voices.Contracts;
using NpgsqlTypes;

namespace Lectern.Activity.Feed;

/// <summary>
/// The feed of every workspace: an entry for each event that is told in it, and how many there are of each type on each
/// day. Entries of a workspace are numbered from 1, so that those behind one of them are counted by a subtraction,
/// however many there are.
/// </summary>
internal sealed class FeedProjection : AsyncProjection
{
    public override string Name => "activity.feed";

    public override IReadOnlyList<string> Tables => ["feed", "feed_days", "feed_jobs"];

    public override string Ddl =>
        """
            create table feed (
                workspace_id  uuid        not null,
                seq           bigint      not null, -- of the event
                number        bigint      not null,
                id            uuid        not null, -- of the event
                type          text        not null, -- the public name
                area          text        not null, -- what the public name begins with
                at            timestamptz not null,
                actor_id      uuid,                 -- null where nobody did it in person
                credential    text,
                owner_id      uuid,                 -- whose job it is, when that is not the actor
                subject_type  text        not null,
                subject_id    uuid        not null,
                project_id    uuid,
                data          jsonb       not null,
                primary key (workspace_id, seq)
            );
            create index on feed (id);
            create index on feed (workspace_id, at);
            create index on feed (workspace_id, type, seq);
            create index on feed (workspace_id, area, seq);
            create index on feed (workspace_id, subject_id, seq);
            create index on feed (workspace_id, actor_id, seq) where actor_id is not null;
            create index on feed (workspace_id, owner_id, seq) where owner_id is not null;
            create index on feed (workspace_id, project_id, seq) where project_id is not null;

            create table feed_days (
                workspace_id  uuid   not null,
                day           date   not null, -- UTC
                type          text   not null,
                entries       bigint not null,
                primary key (workspace_id, day, type)
            );

            -- Whose each job is, since its later events come from the background, and where it is kept.
            create table feed_jobs (
                job_id      uuid primary key,
                owner_id    uuid,
                project_id  uuid
            );

            alter table feed      enable row level security, force row level security;
            alter table feed_days enable row level security, force row level security;
            alter table feed_jobs enable row level security, force row level security;
            create policy workspace on feed to lectern_api using (workspace_id = (select lectern_workspace()));
            create policy workspace on feed_days to lectern_api using (workspace_id = (select lectern_workspace()));
            create policy worker on feed      to lectern_worker using (true);
            create policy worker on feed_days to lectern_worker using (true);
            create policy worker on feed_jobs to lectern_worker using (true);
            grant select on feed, feed_days to lectern_api;
            grant select, insert on feed to lectern_worker;
            grant select, insert, update on feed_days, feed_jobs to lectern_worker;
            """;

    public override IReadOnlyList<Type> Events { get; } = [.. PublicEvents.StoredTypes(Told.InFeed), typeof(JobMoved)];

    // Gathered here first: a batch of thousands of events is four statements.
    public override void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        AddJobs(events, sql);
        var entries = events.Where(stored => stored.Data is not JobMoved).ToList();
        if (entries.Count > 0)
        {
            AddEntries(entries, ProjectsAt(events), sql);
            AddDays(entries, sql);
        }

        MoveJobs(events, sql); // what stands before it in the log has been entered
    }

    private static void AddJobs(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        var submitted = events.Where(stored => stored.Data is JobSubmitted).ToList();
        if (submitted.Count > 0)
            sql.Add(
                "insert into feed_jobs (job_id, owner_id, project_id) select * from unnest($1::uuid[], $2::uuid[], $3::uuid[])",
                submitted.Select(stored => stored.Stream).ToArray(),
                Uuids(submitted, stored => CallerSessions.PersonOf(stored.Actor)),
                Uuids(submitted, stored => ((JobSubmitted)stored.Data).Project)
            );
    }

    /// <summary>Where the job of each event was kept then, as far as earlier events of the run say it.</summary>
    private static Dictionary<Guid, Guid?> ProjectsAt(IReadOnlyList<StoredEvent> events)
    {
        var now = new Dictionary<Guid, Guid?>();
        var then = new Dictionary<Guid, Guid?>();
        foreach (var stored in events)
        {
            if (stored.Data is JobSubmitted submitted)
                now[stored.Stream] = submitted.Project;
            else if (stored.Data is JobMoved moved)
                now[stored.Stream] = moved.Project;
            if (now.TryGetValue(stored.Stream, out var project))
                then[stored.Id] = project;
        }

        return then;
    }

    private static void MoveJobs(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        var moved = new Dictionary<Guid, Guid?>();
        foreach (var stored in events)
            if (stored.Data is JobMoved move)
                moved[stored.Stream] = move.Project;
        if (moved.Count > 0)
            sql.Add(
                """
                update feed_jobs j set project_id = m.project
                from unnest($1::uuid[], $2::uuid[]) m (job, project) where j.job_id = m.job
                """,
                moved.Keys.ToArray(),
                new Typed(moved.Values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid)
            );
    }

    private static void AddEntries(
        IReadOnlyList<StoredEvent> events,
        Dictionary<Guid, Guid?> projects,
        SqlStatements sql
    )
    {
        var types = events.Select(stored => PublicEvents.TypeOf(stored)!).ToList();
        var subjects = events.Zip(types, (stored, type) => type.SubjectOf(stored)).ToList();
        var counts = new Dictionary<Guid, long>();
        // The last number is looked up before and not row by row: what the statement itself inserts is in the index already,
        // and a look would have to pass over all of it.
        sql.Add(
            """
            with w as materialized (
                select w.id, (select f.number from feed f where f.workspace_id = w.id order by f.seq desc limit 1) as last
                from unnest($13::uuid[]) as w (id)
            )
            insert into feed (workspace_id, seq, number, id, type, area, at, actor_id, credential, owner_id,
                              subject_type, subject_id, project_id, data)
            select e.workspace, e.seq, coalesce(w.last, 0) + e.number, e.id, e.type, split_part(e.type, '.', 1), e.at,
                   e.actor, e.credential, case when j.owner_id is distinct from e.actor then j.owner_id end,
                   e.subject_type, e.subject, case when e.placed then e.project else j.project_id end, e.data
            from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::timestamptz[], $7::uuid[],
                        $8::text[], $9::text[], $10::uuid[], $11::uuid[], $12::jsonb[], $14::bool[])
                as e (workspace, seq, number, id, type, at, actor, credential, subject_type, subject, project, data, placed)
            join w on w.id = e.workspace
            left join lateral (select * from feed_jobs where e.subject_type = 'job' and job_id = e.subject limit 1) j on true
            """,
            events.Select(stored => stored.Workspace).ToArray(),
            events.Select(stored => stored.Seq).ToArray(),
            events.Select(stored => Next(counts, stored.Workspace)).ToArray(),
            events.Select(stored => stored.Id).ToArray(),
            types.Select(type => type.Name).ToArray(),
            events.Select(stored => stored.At!.Value.ToUniversalTime()).ToArray(),
            Uuids(events, stored => PublicEvents.PersonOf(stored)),
            new Typed(events.Select(stored => stored.Credential).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text),
            subjects.Select(subject => subject.Type).ToArray(),
            subjects.Select(subject => subject.Id).ToArray(),
            Uuids(events, stored => projects.GetValueOrDefault(stored.Id) ?? ProjectOf(stored)),
            new Typed(events.Zip(types, DataOf).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Jsonb),
            events.Select(stored => stored.Workspace).Distinct().ToArray(),
            events.Select(stored => projects.ContainsKey(stored.Id) || ProjectOf(stored) is not null).ToArray()
        );
    }

    private static void AddDays(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        var days = new Dictionary<(Guid Workspace, DateOnly Day, string Type), long>();
        foreach (var stored in events)
        {
            var day = DateOnly.FromDateTime(stored.At!.Value.UtcDateTime);
            Next(days, (stored.Workspace, day, PublicEvents.TypeOf(stored)!.Name));
        }

        sql.Add(
            """
            insert into feed_days as d (workspace_id, day, type, entries)
            select * from unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[])
            on conflict (workspace_id, day, type) do update set entries = d.entries + excluded.entries
            """,
            days.Keys.Select(key => key.Workspace).ToArray(),
            days.Keys.Select(key => key.Day).ToArray(),
            days.Keys.Select(key => key.Type).ToArray(),
            days.Values.ToArray()
        );
    }

    private static long Next<TKey>(Dictionary<TKey, long> counts, TKey key)
        where TKey : notnull => ++CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);

    private static string DataOf(StoredEvent stored, PublicEventType type) =>
        JsonSerializer.Serialize(type.DataOf(stored), PublicJson.Of(type));

    private static Guid? ProjectOf(StoredEvent stored) =>
        stored.Data switch
        {
            LexiconCreated created => created.Project,
            ProjectCreated or ProjectDeleted => stored.Stream,
            _ => null,
        };

    private static Typed Uuids(IEnumerable<StoredEvent> events, Func<StoredEvent, Guid?> of) =>
        new(events.Select(of).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid);
}
