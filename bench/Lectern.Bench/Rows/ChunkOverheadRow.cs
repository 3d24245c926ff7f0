using System.Diagnostics;
using System.Text.Json;

namespace Lectern.Bench.Rows;

/// <summary>What a chunk costs in a long book against a short one, where the engine answers at once. WAV: ffmpeg has no part in it.</summary>
internal sealed class ChunkOverheadRow(Scale scale) : IRow
{
    private const int Short = 100;
    private const int ShortRuns = 10;

    public string Name => "chunk-overhead";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        var length = scale.Hours is { } hours ? hours * 1000 : 10_000;
        await using var installation = await Installation.CreateAsync(postgres);
        var settings = new Dictionary<string, string>
        {
            ["Voices__FlitePath"] = await Books.NoOpFliteAsync(installation.Folder, seconds: 2.2),
        };
        await using var host = await installation.StartHostAsync(settings);
        // A workspace for each book, so that none finds the audio of another.
        var accounts = await installation.SignUpAsync((2 * ShortRuns) + 2);
        await RunAsync(accounts[0], Short); // warm up
        List<double> floors = [];
        for (var run = 1; run <= ShortRuns; run++)
            floors.Add(await RunAsync(accounts[run], Short));
        var ours = await RunAsync(accounts[ShortRuns + 1], length);
        for (var run = 1; run <= ShortRuns; run++) // and after it, since a machine isn't always as fast
            floors.Add(await RunAsync(accounts[ShortRuns + 1 + run], Short));
        yield return Line.AtMost(
            $"a chunk of a book of {length:#,0} with an engine that answers at once (floor: of a book of {Short}, median of {2 * ShortRuns})",
            floors.Order().ElementAt(ShortRuns),
            ours,
            1.1,
            "ms"
        );

        async Task<double> RunAsync(BenchAccount account, int chunks)
        {
            var text = Books.Numbered(chunks, "is what it says.");
            var started = Stopwatch.GetTimestamp();
            var job = await host.Client.SubmitAsync(account.Token, text, "wav");
            var view = await host.Client.CompleteAsync(
                account.Token,
                job,
                TimeSpan.FromMilliseconds(chunks > Short ? 250 : 20)
            );
            var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            return elapsed / ChunksOf(view);
        }
    }

    private static int ChunksOf(JsonElement view) => view.GetProperty("chunks").GetProperty("total").GetInt32();
}
