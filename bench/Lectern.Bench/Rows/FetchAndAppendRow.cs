namespace Lectern.Bench.Rows;

/// <summary>Fetch for writing and append, on long streams against short ones: state comes from a snapshot and a tail.</summary>
internal sealed class FetchAndAppendRow : IRow
{
    private const int Writers = 8;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    public string Name => "fetch-append";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var database = await postgres.DatabaseAsync();
        var context = Parcels.NewContext();
        var shortOnes = await Streams.CreateAsync(database, context.Workspace, streams: 400, events: 10);
        var longOnes = await Streams.CreateAsync(database, context.Workspace, streams: 400, events: 1000);
        await database.ExecuteAsync("vacuum analyze");
        List<double> floors = [],
            ours = [];
        for (var round = 0; round < 3; round++)
        {
            floors.Add(await MeasureAsync(shortOnes));
            ours.Add(await MeasureAsync(longOnes));
        }

        yield return Line.AtLeast(
            $"fetch for writing + append on a 1,000-event stream, {Writers} writers (floor: a 10-event one)",
            floors.Order().ElementAt(1),
            ours.Order().ElementAt(1),
            0.9,
            "/s"
        );

        async Task<double> MeasureAsync(Guid[] streams)
        {
            var next = new int[Writers];
            var (perSecond, _) = await Load.ClosedAsync(
                Writers,
                Duration,
                async writer =>
                {
                    var stream = streams[((next[writer]++ * Writers) + writer) % streams.Length];
                    await using var session = database.Store.OpenSession(context);
                    var parcel = await session.FetchForWriting<Parcel>(stream, CancellationToken.None);
                    parcel!.Append(new ParcelScanned(1, 5));
                    await session.SaveChangesAsync(CancellationToken.None);
                }
            );
            return perSecond;
        }
    }
}

/// <summary>Fills the store by SQL, as if it had been written event by event.</summary>
internal static class Streams
{
    public static async Task<Guid[]> CreateAsync(Database database, Guid workspace, int streams, int events)
    {
        var snapshot = events > 20 ? events - 10 : 0;
        var ids = Enumerable.Range(0, streams).Select(_ => Guid.CreateVersion7()).ToArray();
        await using var command = database.Plain.CreateCommand(
            """
            with ids as (select unnest($1) as id), made as (
                insert into eventing.streams (id, type, workspace_id, version, snapshot, snapshot_version, snapshot_schema)
                select id, 'parcel', $2, $3, case when $4 > 0 then jsonb_build_object('scans', $4 - 1) end, $4, case when $4 > 0 then 1 else 0 end from ids),
            viewed as (insert into bench.parcels select id, $2, $3 - 1, now() from ids)
            insert into eventing.events (id, stream_id, version, type, data, workspace_id, actor, correlation_id)
            select gen_random_uuid(), id, version, case when version = 1 then 'bench.parcel_posted.v1' else 'bench.parcel_scanned.v1' end,
                   case when version = 1 then '{"kind": "letter", "grams": 20}'::jsonb else jsonb_build_object('place', version % 50, 'micros', 5) end,
                   $2, 'system', $2
            from ids, generate_series(1, $3) version
            """
        );
        command.CommandTimeout = 0;
        foreach (var value in new object[] { ids, workspace, events, snapshot })
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
        return ids;
    }
}
