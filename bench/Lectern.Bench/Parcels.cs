using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Serialization;
using Lectern.Eventing;

namespace Lectern.Bench;

// What is measured needs a domain: parcels that are scanned on their way.

internal sealed record ParcelPosted(string Kind, int Grams);

internal sealed record ParcelScanned(int Place, long Micros);

internal sealed record Parcel(int Scans)
{
    public static Parcel Evolve(Parcel parcel, object e) => e is ParcelScanned ? new Parcel(parcel.Scans + 1) : parcel;
}

internal sealed record ScanParcel(Guid Parcel, long EnqueuedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ParcelPosted))]
[JsonSerializable(typeof(ParcelScanned))]
[JsonSerializable(typeof(Parcel))]
[JsonSerializable(typeof(ScanParcel))]
internal sealed partial class ParcelJson : JsonSerializerContext;

internal sealed class ParcelProjection : InlineProjection
{
    public override string Name => "bench.parcels";

    public override Type Stream => typeof(Parcel);

    public override void Apply(StoredEvent stored, SqlStatements sql)
    {
        if (stored.Data is ParcelPosted)
            sql.Add(
                "insert into bench.parcels values ($1, $2, 0, coalesce($3, now()))",
                stored.Stream,
                stored.Workspace,
                new Typed(stored.At, NpgsqlTypes.NpgsqlDbType.TimestampTz)
            );
        else
            sql.Add("update bench.parcels set scans = scans + 1 where id = $1", stored.Stream);
    }

    public override void Clear(Guid stream, SqlStatements sql) =>
        sql.Add("delete from bench.parcels where id = $1", stream);
}

/// <summary>Many streams into few rows, as spend by day is: sums per workspace, place and day.</summary>
internal sealed class ScansByPlaceProjection : AsyncProjection
{
    public override string Name => "bench.scans_by_place";

    public override string Ddl =>
        """
            create table scans_by_place (
                workspace_id uuid, place int, day date, scans bigint not null, micros bigint not null,
                primary key (workspace_id, place, day));
            alter table scans_by_place enable row level security, force row level security;
            create policy workspace on scans_by_place for select to lectern_api using (workspace_id = (select lectern_workspace()));
            create policy worker on scans_by_place to lectern_worker using (true);
            grant select on scans_by_place to lectern_api;
            grant select, insert, update, delete on scans_by_place to lectern_worker;
            """;

    public override IReadOnlyList<Type> Events => [typeof(ParcelScanned)];

    public override void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        var sums = events
            .GroupBy(e => (e.Workspace, ((ParcelScanned)e.Data).Place, e.At!.Value.UtcDateTime.Date))
            .Select(g => (g.Key, Scans: (long)g.Count(), Micros: g.Sum(e => ((ParcelScanned)e.Data).Micros)))
            .ToList();
        sql.Add(
            """
            insert into scans_by_place
            select * from unnest($1, $2, $3::date[], $4, $5)
            on conflict (workspace_id, place, day) do update
            set scans = scans_by_place.scans + excluded.scans, micros = scans_by_place.micros + excluded.micros
            """,
            sums.Select(s => s.Key.Workspace).ToArray(),
            sums.Select(s => s.Key.Place).ToArray(),
            sums.Select(s => DateOnly.FromDateTime(s.Key.Date)).ToArray(),
            sums.Select(s => s.Scans).ToArray(),
            sums.Select(s => s.Micros).ToArray()
        );
    }
}

internal static class Parcels
{
    public const string Lane = "scanning";

    /// <summary>When messages were enqueued and handled, for latencies.</summary>
    internal sealed class Handled
    {
        public ConcurrentQueue<double> Milliseconds { get; } = new();
    }

    internal sealed class ScanParcelHandler(Handled handled) : IMessageHandler<ScanParcel>
    {
        public async Task HandleAsync(ScanParcel message, MessageContext context, CancellationToken stop)
        {
            context.Session.Append<Parcel>(message.Parcel, new ParcelScanned(1, 5));
            await context.Session.SaveChangesAsync(stop); // so that the time until the commit is counted
            if (message.EnqueuedAt > 0)
                handled.Milliseconds.Enqueue(Stopwatch.GetElapsedTime(message.EnqueuedAt).TotalMilliseconds);
        }

        public Task GiveUpAsync(ScanParcel message, MessageContext context, Exception error, CancellationToken stop) =>
            Task.CompletedTask;
    }

    public static void Register(EventingBuilder model)
    {
        model.Schema("bench", typeof(Parcels).Assembly);
        model.Event("bench.parcel_posted.v1", ParcelJson.Default.ParcelPosted);
        model.Event("bench.parcel_scanned.v1", ParcelJson.Default.ParcelScanned);
        model.Stream("parcel", new Parcel(0), Parcel.Evolve, ParcelJson.Default.Parcel);
        model.Project(new ParcelProjection());
        model.Project(new ScansByPlaceProjection());
        model.Lane(Lane, 16);
        model.Message<ScanParcel, ScanParcelHandler>("bench.scan_parcel.v1", Lane, ParcelJson.Default.ScanParcel);
    }

    public static SessionContext NewContext() => new(Guid.CreateVersion7(), "system", Guid.CreateVersion7());
}
