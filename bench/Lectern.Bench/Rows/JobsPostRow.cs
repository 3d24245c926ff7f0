namespace Lectern.Bench.Rows;

/// <summary>Jobs accepted over HTTP, against pgbench with the SQL of one such commit.</summary>
internal sealed class JobsPostRow : IRow
{
    private const int Seconds = 5;

    public string Name => "jobs-post";

    /// <summary>What one accepted job sends, in one round trip and one transaction, in the API's role with row security.</summary>
    private static readonly string SameSql = $$"""
        \set n random(1, {{HttpLoad.Workspaces}})
        \set r random(1, 9000000000000000000)
        \startpipeline
        select set_config('lectern.workspace', md5('workspace' || :n), true), set_config('lectern.actor', 'person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5', true);
        insert into eventing.idempotency_keys (workspace_id, route, key, fingerprint, status, location, body)
        values (md5('workspace' || :n)::uuid, 'POST /jobs', :r::text, sha256(:r::text::bytea), 202, '/api/v1/jobs/job_01jbrc2ahvfh68wqz0e60r18x5', repeat('x', 600)::bytea);
        insert into eventing.streams (id, type, workspace_id, version) values (md5('job' || :r)::uuid, 'job', md5('workspace' || :n)::uuid, 1);
        insert into eventing.events (stream_id, id, version, type, data, workspace_id, actor, correlation_id)
        values (md5('job' || :r)::uuid, gen_random_uuid(), (select version from eventing.streams where id = md5('job' || :r)::uuid and version = 1),
                'jobs.job_submitted.v1', '{"hold": "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5", "held": 20480, "kind": "audiobook", "voice": "flite-slt", "format": "m4b", "bitrate": 64, "characters": 1007, "priceVersion": "5f2c8e41d0aa"}',
                md5('workspace' || :n)::uuid, 'person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5', md5('workspace' || :n)::uuid);
        insert into jobs.job_view (id, workspace_id, submitted_by, kind, status, stage, voice, format, bitrate, characters, run, hold, held, version, created_at)
        values (md5('job' || :r)::uuid, md5('workspace' || :n)::uuid, 'person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5', 'audiobook', 'pending', 'waiting', 'flite-slt', 'm4b', 64, 1007, 1, md5('hold' || :r)::uuid, 20480, 1, now());
        insert into jobs.manuscripts (job_id, workspace_id, title, author, language, markdown, text)
        values (md5('job' || :r)::uuid, md5('workspace' || :n)::uuid, 'A page', null, 'en-US', false, '{{HttpLoad.Text}}');
        insert into eventing.messages (id, lane, type, data, workspace_id, actor, correlation_id)
        values (gen_random_uuid(), 'jobs', 'jobs.start_jobs.v1', '{"workspace": "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"}', md5('workspace' || :n)::uuid, 'person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5', md5('workspace' || :n)::uuid);
        {{HoldSql.Statements}}
        \endpipeline
        """;

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var load = await HttpLoad.StartAsync(postgres);
        await using var plain = await Installation.CreateAsync(postgres);
        await using (await plain.StartHostAsync()) { } // migrates
        await plain.ExecuteAsync(HoldSql.FullWallets(HttpLoad.Workspaces));
        await load.PostAsync(Seconds); // warm up
        List<double> floors = [],
            ours = [];
        for (var round = 0; round < 3; round++)
        {
            floors.Add(
                await postgres.PgbenchAsync(
                    plain.Name,
                    SameSql.ReplaceLineEndings("\n"),
                    clients: 32,
                    Seconds,
                    "lectern_api"
                )
            );
            ours.Add(await load.PostAsync(Seconds));
        }

        if (await plain.ScalarAsync<long>("select count(*) from billing.ledger") < floors.Min() * Seconds)
            throw new InvalidOperationException("pgbench's transactions didn't write what they should.");
        yield return Line.AtLeast(
            "jobs accepted over HTTP, 1,000 workspaces, 32 connections (floor: the same SQL by pgbench)",
            floors.Order().ElementAt(1),
            ours.Order().ElementAt(1),
            0.35,
            "/s"
        );
    }
}
