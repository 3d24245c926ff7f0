using System.Diagnostics;
using System.Net.Http.Headers;

namespace Lectern.Bench.Rows;

/// <summary>From before a book is submitted until the first bytes of its stream are there; another workspace each time.</summary>
internal sealed class FirstAudioRow : IRow
{
    private const int Runs = 9;
    private const double Allowance = 100;

    public string Name => "first-audio";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var installation = await Installation.CreateAsync(postgres);
        await using var host = await installation.StartHostAsync();
        var accounts = await installation.SignUpAsync(Runs + 2);
        var text = Books.Persuasion(1);
        List<double> ours = [],
            floors = [];
        for (var run = 0; run < accounts.Length; run++)
        {
            var milliseconds = await OnceAsync(host, accounts[run].Token, text);
            var first = await installation.ScalarAsync<string>(
                "select spoken from jobs.chunks where chunk = 0 limit 1"
            );
            var floor = await FliteAsync(first);
            await CancelAllAsync(installation, host, accounts[run].Token);
            if (run < 2)
                continue; // the first jobs measure the voice's gain and warm up
            ours.Add(milliseconds);
            floors.Add(floor);
        }

        var (median, engine) = (ours.Order().ElementAt(Runs / 2), floors.Order().ElementAt(Runs / 2));
        yield return new(
            $"submit → first bytes of /stream, m4b, idle host, median of {Runs} (floor: flite alone on the first chunk)",
            $"{Line.Number(engine)} ms",
            $"{Line.Number(median)} ms",
            $"+{Line.Number(median - engine)} ms",
            $"+{Allowance} ms",
            median <= engine + Allowance
        );
    }

    private static async Task<double> OnceAsync(ChildProcess host, string token, string text)
    {
        var started = Stopwatch.GetTimestamp();
        var job = await host.Client.SubmitAsync(token, text, "m4b");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{job}/stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var audio = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
        if (await audio.ReadAsync(new byte[1]) == 0)
            throw new InvalidOperationException("The stream ended before it began.");
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    /// <summary>So that the host is idle again.</summary>
    private static async Task CancelAllAsync(Installation installation, ChildProcess host, string token)
    {
        var id = await installation.ScalarAsync<Guid>("select id from jobs.job_view order by created_at desc limit 1");
        using var cancel = new HttpRequestMessage(
            HttpMethod.Post,
            $"/api/v1/jobs/{SharedKernel.PublicId.Format("job", id)}/cancel"
        );
        cancel.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        cancel.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var answer = await host.Client.SendAsync(cancel);
        while (await installation.ScalarAsync<long>("select count(*) from eventing.messages") > 0)
            await Task.Delay(20);
        await Task.Delay(200);
    }

    private static async Task<double> FliteAsync(string text)
    {
        var start = new ProcessStartInfo("flite", ["-voice", "slt", "-t", text, "-o", "/dev/stdout"])
        {
            RedirectStandardOutput = true,
        };
        var started = Stopwatch.GetTimestamp();
        using var flite = Process.Start(start)!;
        await flite.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        await flite.WaitForExitAsync();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
