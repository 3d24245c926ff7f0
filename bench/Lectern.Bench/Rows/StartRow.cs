namespace Lectern.Bench.Rows;

/// <summary>From the start of the process to the first answer to somebody who is signed in, on a database that is ready.</summary>
internal sealed class StartRow : IRow
{
    private const int Starts = 7;

    public string Name => "start";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var installation = await Installation.CreateAsync(postgres);
        await using (await installation.StartHostAsync()) { } // migrates
        var account = (await installation.SignUpAsync(1))[0];
        List<double> floors = [],
            ours = [];
        for (var start = 0; start < Starts; start++)
        {
            await using (var bare = await BareApi.StartAsync(installation))
                floors.Add(bare.StartTook.TotalMilliseconds);
            await using (var host = await installation.StartHostAsync(null, "/api/v1/jobs", account.Token))
                ours.Add(host.StartTook.TotalMilliseconds);
        }

        yield return Line.AtMost(
            "start of the host to the first authenticated GET, median of 7 (floor: bare minimal API with Npgsql)",
            floors.Order().ElementAt(Starts / 2),
            ours.Order().ElementAt(Starts / 2),
            2,
            "ms"
        );
    }
}
