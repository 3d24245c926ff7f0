namespace Lectern.Bench.Rows;

/// <summary>Looking at a job over HTTP, against a minimal API with the same select.</summary>
internal sealed class JobsGetRow : IRow
{
    private const int Seconds = 5;

    public string Name => "jobs-get";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var load = await HttpLoad.StartAsync(postgres);
        await load.PostAsync(Seconds);
        var lines = await load.JobLinesAsync();
        await load.Installation.ExecuteAsync("vacuum analyze");
        await using var bare = await BareApi.StartAsync(load.Installation);
        List<double> floors = [],
            ours = [];
        for (var round = 0; round <= 3; round++)
        {
            var floor = await HttpLoad.GetAsync(bare.Url, lines, Seconds);
            var our = await HttpLoad.GetAsync(load.Host.Url, lines, Seconds);
            if (round == 0)
                continue; // warm-up
            floors.Add(floor);
            ours.Add(our);
        }

        yield return Line.AtLeast(
            "GET /jobs/{id}, 1,000 tokens, 32 connections (floor: bare minimal API with the same select)",
            floors.Order().ElementAt(1),
            ours.Order().ElementAt(1),
            0.75,
            "/s"
        );
    }
}
