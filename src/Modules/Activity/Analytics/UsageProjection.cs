using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Activity.Analytics;

/// <summary>
/// Use and spend of each workspace by UTC day, in all and by each dimension; and of the platform, under the nil workspace.
/// Later events of a job, in its own stream and in the wallet's, name neither voice nor person: what a run was begun with
/// is kept beside it, and the entries of ledgers by their numbers, which corrections name. However many events there are,
/// it is three statements.
/// </summary>
internal sealed class UsageProjection : AsyncProjection
{
    private const string Nil = "'00000000-0000-0000-0000-000000000000'::uuid";

    private static readonly string Sums = string.Join(", ", UsageSums.Columns);

    private static readonly Measure[] Measures = Enum.GetValues<Measure>();

    /// <summary>
    /// Whose each sum is, and what is of the same in all of that together; then to one row of every dimension, so that the
    /// values of one together are all there is. What has none goes to the empty value. Failures are the exception: their
    /// rows have what failed and nothing else.
    /// </summary>
    private static readonly string AddSums = $"""
        with attributed as materialized (
            select s.workspace_id, s.day, coalesce(r.kind, s.kind, '') as kind, coalesce(s.voice, r.voice, '') as voice,
                case when s.wallet_id is null then coalesce(s.provider, r.provider, '')
                     else coalesce(r.provider, s.provider, '') end as provider,
                coalesce(r.person, '') as person, coalesce(r.session, '') as session, coalesce(r.api_key, '') as api_key,
                coalesce(r.project, '') as project, s.failure,
                {Each(
            (column, _) =>
                column == "saved"
                    ? "sum(s.saved + s.completed * coalesce(r.held, 0))::bigint as saved"
                    : $"sum(s.{column})::bigint as {column}"
        )}
            from unnest($1::uuid[], $2::date[], $3::uuid[], $4::int[], $5::uuid[], $6::int[], $7::text[], $8::text[],
                $9::text[], $10::text[], {Each((_, i) => $"${i + 11}::bigint[]")})
                s (workspace_id, day, job_id, run, wallet_id, entry, kind, voice, provider, failure, {Sums})
            left join lateral (select * from usage_entries where wallet_id = s.wallet_id and number = s.entry limit 1) e on true
            left join lateral (
                select * from usage_runs where hold = e.hold
                union all
                (select * from usage_runs where job_id = s.job_id and (s.run = 0 or run = s.run) order by run desc limit 1)
            ) r on true
            where s.wallet_id is null or e.hold is not null -- the correction of a grant is no spending
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
        insert into usage_by_day as u (workspace_id, dimension, day, value, {Sums})
        select d.workspace_id, d.dimension, a.day, d.value, {Each((column, _) => $"sum(a.{column})::bigint")}
        from attributed a cross join lateral (values
            (a.workspace_id, 'all', ''),
            (a.workspace_id, 'kind', a.kind),
            (a.workspace_id, 'provider', a.provider),
            (a.workspace_id, 'voice', a.voice),
            (a.workspace_id, 'person', a.person),
            (a.workspace_id, 'session', a.session),
            (a.workspace_id, 'api_key', a.api_key),
            (a.workspace_id, 'project', a.project),
            (a.workspace_id, 'failure', a.failure),
            ({Nil}, 'all', ''),
            ({Nil}, 'workspace', a.workspace_id::text),
            ({Nil}, 'kind', a.kind),
            ({Nil}, 'provider', a.provider),
            ({Nil}, 'voice', a.voice),
            ({Nil}, 'failure', a.failure)
        ) d (workspace_id, dimension, value)
        where d.value is not null
        group by 1, 2, 3, 4
        on conflict (workspace_id, dimension, day, value)
        do update set {Each((column, _) => $"{column} = u.{column} + excluded.{column}")}
        """;

    public override string Name => "activity.usage";

    public override IReadOnlyList<string> Tables => ["usage_by_day", "usage_runs", "usage_entries"];

    public override string Ddl { get; } =
        $"""
            create table usage_by_day (
                workspace_id  uuid  not null, -- nil for the platform
                dimension     text  not null,
                day           date  not null,
                value         text  not null, -- empty for what has none
                {Each((column, _) => $"{column} bigint not null")},
                primary key (workspace_id, dimension, day, value)
            ) with (fillfactor = 70);
            create table usage_runs (
                job_id    uuid    not null,
                run       int     not null,
                hold      uuid    not null unique,
                held      bigint  not null,
                kind      text    not null,
                voice     text    not null,
                provider  text    not null,
                person    text    not null,
                session   text    not null,
                api_key   text    not null,
                project   text    not null,
                primary key (job_id, run)
            );
            create table usage_entries (
                wallet_id  uuid  not null,
                number     int   not null,
                hold       uuid  not null,
                primary key (wallet_id, number)
            );
            alter table usage_by_day enable row level security, force row level security;
            alter table usage_runs enable row level security, force row level security;
            alter table usage_entries enable row level security, force row level security;
            create policy workspace on usage_by_day to lectern_api using (workspace_id = (select lectern_workspace()));
            create policy worker on usage_by_day to lectern_worker using (true);
            create policy worker on usage_runs to lectern_worker using (true);
            create policy worker on usage_entries to lectern_worker using (true);
            grant select on usage_by_day to lectern_api;
            grant select, insert, update on usage_by_day to lectern_worker;
            grant select, insert on usage_runs, usage_entries to lectern_worker;
            """;

    public override IReadOnlyList<Type> Events =>
        [
            typeof(JobSubmitted),
            typeof(JobReopened),
            typeof(ChunkSynthesized),
            typeof(ChunkReused),
            typeof(VoiceFellBack),
            typeof(AudioAssembled),
            typeof(JobCompleted),
            typeof(JobFailed),
            typeof(JobCancelled),
            typeof(CreditsDeducted),
            typeof(CreditsRefunded),
            typeof(CreditsCorrected),
        ];

    public override void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        var usage = UsageOfEvents.Of(events);
        if (usage.Runs.Count > 0)
            Begin(usage.Runs, sql);
        if (usage.Entries.Count > 0)
            Enter(usage.Entries, sql);

        var (keys, sums) = (usage.Sums.Keys.ToList(), usage.Sums.Values.ToList());
        sql.Add(
            AddSums,
            [
                keys.ConvertAll(key => key.Workspace).ToArray(),
                keys.ConvertAll(key => key.Day).ToArray(),
                keys.ConvertAll(key => key.Job).ToArray(),
                keys.ConvertAll(key => key.Run).ToArray(),
                keys.ConvertAll(key => key.Wallet).ToArray(),
                keys.ConvertAll(key => key.Entry).ToArray(),
                keys.ConvertAll(key => key.Kind).ToArray(),
                keys.ConvertAll(key => key.Voice).ToArray(),
                keys.ConvertAll(key => key.Provider).ToArray(),
                keys.ConvertAll(key => key.Failure).ToArray(),
                .. Measures.Select(measure => (object)sums.ConvertAll(sum => sum[measure]).ToArray()),
            ]
        );
    }

    private static void Begin(IReadOnlyCollection<UsageRun> runs, SqlStatements sql) =>
        sql.Add(
            """
            insert into usage_runs (job_id, run, hold, held, kind, voice, provider, person, session, api_key, project)
            select n.job_id, n.run, n.hold, n.held, coalesce(n.kind, b.kind), coalesce(n.voice, b.voice),
                coalesce(n.provider, b.provider), n.person, n.session, n.api_key, coalesce(n.project, b.project)
            from unnest($1::uuid[], $2::int[], $3::uuid[], $4::bigint[], $5::int[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[])
                n (job_id, run, hold, held, like_run, kind, voice, provider, person, session, api_key, project)
            left join lateral (select * from usage_runs where job_id = n.job_id and run = n.like_run limit 1) b on true
            """,
            runs.Select(run => run.Job).ToArray(),
            runs.Select(run => run.Run).ToArray(),
            runs.Select(run => run.Hold).ToArray(),
            runs.Select(run => run.Held).ToArray(),
            runs.Select(run => run.Like).ToArray(),
            runs.Select(run => run.Kind).ToArray(),
            runs.Select(run => run.Voice).ToArray(),
            runs.Select(run => run.Provider).ToArray(),
            runs.Select(run => run.Person).ToArray(),
            runs.Select(run => run.Session).ToArray(),
            runs.Select(run => run.ApiKey).ToArray(),
            runs.Select(run => run.Project).ToArray()
        );

    private static void Enter(IReadOnlyCollection<UsageEntry> entries, SqlStatements sql) =>
        sql.Add(
            """
            insert into usage_entries (wallet_id, number, hold)
            select n.wallet_id, n.number, coalesce(n.hold, c.hold)
            from unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[]) n (wallet_id, number, hold, corrects)
            left join lateral (select * from usage_entries where wallet_id = n.wallet_id and number = n.corrects limit 1) c on true
            where coalesce(n.hold, c.hold) is not null
            """,
            entries.Select(entry => entry.Wallet).ToArray(),
            entries.Select(entry => entry.Number).ToArray(),
            entries.Select(entry => entry.Hold).ToArray(),
            entries.Select(entry => entry.Corrects).ToArray()
        );

    private static string Each(Func<string, int, string> text) => string.Join(", ", UsageSums.Columns.Select(text));
}
