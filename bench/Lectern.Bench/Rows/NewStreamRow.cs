using Lectern.Eventing;
using Npgsql;

namespace Lectern.Bench.Rows;

/// <summary>A new stream, its event, an inline view's row and a message in one commit, against a single-row insert.</summary>
internal sealed class NewStreamRow : IRow
{
    private const int Writers = 32;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    public string Name => "new-stream";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var database = await postgres.DatabaseAsync();
        var context = Parcels.NewContext();
        List<double> floors = [],
            ours = [];
        long written = 0;
        for (var round = 0; round < 3; round++)
        {
            floors.Add((await Load.ClosedAsync(Writers, Duration, _ => InsertAsync(database.Plain))).PerSecond);
            var (perSecond, total) = await Load.ClosedAsync(
                Writers,
                Duration,
                _ => StartAsync(database.Store, context)
            );
            ours.Add(perSecond);
            written += total;
        }

        foreach (var table in new[] { "eventing.streams", "eventing.events", "eventing.messages", "bench.parcels" })
            if (await database.ScalarAsync<long>($"select count(*) from {table}") is var rows && rows != written)
                throw new InvalidOperationException($"{table} has {rows} rows of {written}.");
        yield return Line.AtLeast(
            $"new stream + event + inline view + message per commit, {Writers} writers (floor: single-row insert)",
            floors.Order().ElementAt(1),
            ours.Order().ElementAt(1),
            0.4,
            "/s"
        );
    }

    private static async Task InsertAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("insert into bench.single (id, data) values ($1, $2)");
        command.Parameters.Add(new() { Value = Guid.CreateVersion7() });
        command.Parameters.Add(
            new()
            {
                Value = """{"kind":"letter","grams":20}"""u8.ToArray(),
                NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb,
            }
        );
        await command.ExecuteNonQueryAsync();
    }

    private static async Task StartAsync(EventStore store, SessionContext context)
    {
        await using var session = store.OpenSession(context);
        var parcel = store.NewId();
        session.StartStream<Parcel>(parcel, new ParcelPosted("letter", 20));
        session.Enqueue(new ScanParcel(parcel, 0));
        await session.SaveChangesAsync(CancellationToken.None);
    }
}
