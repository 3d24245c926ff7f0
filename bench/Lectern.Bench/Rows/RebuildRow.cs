using System.Diagnostics;
using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Bench.Rows;

/// <summary>Rebuild of a projection over many streams, beside a bare scan of the events and a COPY of as many rows.</summary>
internal sealed class RebuildRow : IRow
{
    private const int Events = 200_000;

    public string Name => "rebuild";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var database = await postgres.DatabaseAsync();
        await Streams.CreateAsync(database, Guid.CreateVersion7(), streams: 2000, events: Events / 2000);
        await database.ExecuteAsync("vacuum analyze");
        await database.ExecuteAsync("create unlogged table bench.copied (seq bigint, stream uuid, data text)");
        var rebuild = database.Host.Services.GetRequiredService<ProjectionRebuild>();
        List<double> scans = [],
            copies = [],
            ours = [];
        for (var round = 0; round < 5; round++)
        {
            scans.Add(await RateAsync(() => ScanAsync(database.Plain)));
            copies.Add(await RateAsync(() => CopyAsync(database.Plain)));
            ours.Add(await RateAsync(() => rebuild.RebuildAsync("bench.scans_by_place", CancellationToken.None)));
        }

        var counted = await database.ScalarAsync<decimal>("select sum(scans) from bench.scans_by_place");
        if (counted != Events - 2000) // the first event of each stream is no scan
            throw new InvalidOperationException($"The view counts {counted} scans.");
        var (scan, copy, our) = (scans.Order().ElementAt(2), copies.Order().ElementAt(2), ours.Order().ElementAt(2));
        yield return new(
            $"rebuild of a multi-stream projection over {Events:#,0} events (floor: Npgsql scan; COPY in)",
            $"{Line.Number(scan)}; {Line.Number(copy)} events/s",
            $"{Line.Number(our)} events/s",
            $"{Line.Number(our / scan)}; {Line.Number(our / copy)}",
            "≥ 100,000 events/s",
            our >= 100_000
        );
    }

    private static async Task<double> RateAsync(Func<Task> run)
    {
        var clock = Stopwatch.StartNew();
        await run();
        return Events / clock.Elapsed.TotalSeconds;
    }

    private static async Task ScanAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "select seq, id, stream_id, version, type, data, workspace_id, actor, correlation_id, causation_id, at from eventing.events order by seq"
        );
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            _ = reader.GetFieldValue<byte[]>(5);
    }

    private static async Task CopyAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var writer = await connection.BeginBinaryImportAsync(
            "copy bench.copied from stdin (format binary)"
        );
        for (long i = 0; i < Events; i++)
        {
            await writer.StartRowAsync();
            await writer.WriteAsync(i);
            await writer.WriteAsync(Guid.Empty);
            await writer.WriteAsync("""{"place":1,"micros":5}""");
        }

        await writer.CompleteAsync();
    }
}
