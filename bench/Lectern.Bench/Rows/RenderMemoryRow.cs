using System.Diagnostics;

namespace Lectern.Bench.Rows;

/// <summary>Resident memory while a book of ten hours is made; the engine answers at once, the encoding is real.</summary>
internal sealed class RenderMemoryRow(Scale scale) : IRow
{
    private const double Bar = 250;

    /// <summary>Growth from the first third of the time to the last that still counts as flat.</summary>
    private const double Flat = 15;

    private const double SecondsOfChunk = 18;

    public string Name => "render-memory";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        var hours = scale.Hours ?? 10;
        await using var installation = await Installation.CreateAsync(postgres);
        var settings = new Dictionary<string, string>
        {
            ["Voices__FlitePath"] = await Books.NoOpFliteAsync(installation.Folder, SecondsOfChunk),
        };
        await using var host = await installation.StartHostAsync(settings);
        var account = (await installation.SignUpAsync(1))[0];
        var text = Books.Numbered(
            (int)(hours * 3600 / SecondsOfChunk),
            "is what it says, and then it goes on, as sentences in old novels do, about the weather, the neighbors, a letter "
                + "that never came, and the long road to the sea, until at last the reader has quite forgotten how it began, "
                + "and does not mind."
        );
        var samples = new List<(TimeSpan At, double Megabytes)>();
        var clock = Stopwatch.StartNew();
        var job = await host.Client.SubmitAsync(account.Token, text, "m4b");
        var view = await host.Client.CompleteAsync(
            account.Token,
            job,
            TimeSpan.FromSeconds(1),
            () => samples.Add((clock.Elapsed, host.ResidentMegabytes()))
        );
        var audio = view.GetProperty("audioMs").GetInt64() / 3_600_000.0;
        var most = samples.Max(s => s.Megabytes);
        var first = samples.Where(s => s.At < clock.Elapsed / 3).Average(s => s.Megabytes);
        var last = samples.Where(s => s.At > clock.Elapsed * 2 / 3).Average(s => s.Megabytes);
        yield return new(
            $"resident memory while {Line.Number(audio)} hours of m4b are made, one sample a second",
            "–",
            $"at most {Line.Number(most)} MB",
            $"{last - first:+0.0;-0.0} MB from the first third to the last",
            $"≤ {Bar} MB, flat (≤ +{Flat} MB)",
            most <= Bar && last - first <= Flat
        );
    }
}
