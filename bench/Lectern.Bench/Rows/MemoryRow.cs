namespace Lectern.Bench.Rows;

/// <summary>Resident memory of the host's own process after it accepted and showed jobs for a while.</summary>
internal sealed class MemoryRow : IRow
{
    private const int Seconds = 8;
    private const double Bar = 180;

    public string Name => "memory";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var load = await HttpLoad.StartAsync(postgres);
        await load.PostAsync(Seconds);
        var lines = await load.JobLinesAsync();
        await HttpLoad.GetAsync(load.Host.Url, lines, Seconds);
        await using var bare = await BareApi.StartAsync(load.Installation);
        await HttpLoad.GetAsync(bare.Url, lines, Seconds);
        var (floor, ours) = (bare.ResidentMegabytes(), load.Host.ResidentMegabytes());
        yield return new(
            "resident memory after the HTTP load (floor: bare minimal API after its GETs)",
            $"{Line.Number(floor)} MB",
            $"{Line.Number(ours)} MB",
            Line.Number(ours / floor),
            $"≤ {Bar} MB",
            ours <= Bar
        );
    }
}
