using System.Diagnostics;

namespace Lectern.Bench.Rows;

/// <summary>Durable messages, each handled in a commit of its own that appends an event, against pgbench with the same SQL.</summary>
internal sealed class MessagesRow : IRow
{
    private const int Messages = 15_000;

    public string Name => "messages";

    /// <summary>Claim, then completion, stream, event and view in one round trip: what a handled message comes to.</summary>
    private const string SameSql = """
        update eventing.messages m set state = 'leased', generation = generation + 1, leased_by = 1, leased_until = now() + interval '30 s'
        from (select id from eventing.messages where lane = 'scanning' and state = 'ready' order by seq limit 1 for update skip locked) p
        where m.id = p.id returning m.id as message, m.data->>'parcel' as stream \gset
        \startpipeline
        begin;
        select eventing.complete_message(:message::uuid, 1, null);
        update eventing.streams set version = version + 1 where id = :stream::uuid;
        insert into eventing.events (stream_id, id, version, type, data, workspace_id, actor, correlation_id, causation_id)
        select :stream::uuid, gen_random_uuid(), version, 'bench.parcel_scanned.v1', '{"place":1,"micros":5}', workspace_id, 'system', workspace_id, :message::uuid
        from eventing.streams where id = :stream::uuid;
        update bench.parcels set scans = scans + 1 where id = :stream::uuid;
        commit;
        \endpipeline
        """;

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var plain = await postgres.DatabaseAsync();
        await FillAsync(plain, 60_000);
        var floor = await postgres.PgbenchAsync(plain.Name, SameSql.ReplaceLineEndings("\n"), clients: 16, seconds: 5);

        await using var database = await postgres.DatabaseAsync();
        await FillAsync(database, Messages);
        var clock = Stopwatch.StartNew();
        await database.Host.StartAsync();
        while (await database.ScalarAsync<long>("select count(*) from eventing.messages") > 0)
            await Task.Delay(100);
        var ours = Messages / clock.Elapsed.TotalSeconds;
        var events = await database.ScalarAsync<long>(
            "select count(*) from eventing.events where causation_id is not null"
        );
        if (events != Messages)
            throw new InvalidOperationException($"{Messages} messages made {events} events.");
        yield return Line.AtLeast(
            "durable messages/s, each appending one event in its own commit, 16 at once (floor: the same SQL by pgbench)",
            floor,
            ours,
            0.6,
            "/s"
        );
    }

    private static async Task FillAsync(Database database, int messages)
    {
        var workspace = Guid.CreateVersion7();
        await Streams.CreateAsync(database, workspace, streams: 1000, events: 1);
        await database.ExecuteAsync(
            $"""
            insert into eventing.messages (id, lane, type, data, workspace_id, actor, correlation_id)
            select gen_random_uuid(), 'scanning', 'bench.scan_parcel.v1', jsonb_build_object('parcel', s.id, 'enqueuedAt', 0), s.workspace_id, 'system', s.workspace_id
            from generate_series(1, {messages / 1000}) n, eventing.streams s
            """
        );
        await database.ExecuteAsync("vacuum analyze");
    }
}
