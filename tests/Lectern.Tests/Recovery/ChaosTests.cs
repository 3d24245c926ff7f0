using System.Diagnostics;
using System.Globalization;
using Lectern.Tests.Postgres;

namespace Lectern.Tests.Recovery;

/// <summary>
/// Kills the host and Postgres at random moments while there is always work. A handful of times here; for as many minutes
/// as <c>LECTERN_CHAOS_MINUTES</c> says under <c>bench/chaos</c>.
/// </summary>
public class ChaosTests(ITestOutputHelper output)
{
    private const int FewOutages = 6;
    private const int JobsInWork = 3;
    private static readonly TimeSpan DownTime = TimeSpan.FromMilliseconds(300);
    private static readonly string[] Formats = ["m4b", "wav", "mp3"];

    private readonly Dictionary<string, int> _outages = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_dies_at_whatever_moment_every_job_is_made_once_and_paid_once()
    {
        var duration = Variable("LECTERN_CHAOS_MINUTES") is { } minutes
            ? TimeSpan.FromMinutes(minutes)
            : (TimeSpan?)null;
        var seed = (int)(Variable("LECTERN_CHAOS_SEED") ?? (duration is null ? 37 : Random.Shared.Next(1_000_000)));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);

        await using var cluster = await PostgresCluster.StartAsync();
        await using var installation = await Installation.CreateAsync(cluster);
        await using var witness = new Witness(installation);
        installation.Engine.Pause = TimeSpan.FromMilliseconds(50);
        var running = Stopwatch.StartNew();
        for (var i = 0; duration is null ? i < FewOutages : running.Elapsed < duration; i++)
        {
            await KeepBusyAsync(installation, random, duration is null ? JobsInWork : int.MaxValue);
            // The first of a short run are one of each kind; a long run draws.
            await BreakAsync(duration is null ? i : random.Next(10), installation, cluster, random);
        }

        await installation.AllEndAsync(TimeSpan.FromMinutes(2));
        await witness.AssertAllIsWellAsync();
        await ReportAsync(installation, witness, running.Elapsed);
    }

    private async Task BreakAsync(int kind, Installation installation, PostgresCluster cluster, Random random)
    {
        switch (kind)
        {
            case 0:
                await WaitAsync(random);
                Count("host stopped (SIGTERM)");
                (await installation.TerminateAsync()).ExitCode.ShouldBe(0, installation.Host.Output);
                await installation.StartAsync();
                break;
            case 1:
            case 2:
                await WaitAsync(random);
                Count(kind == 1 ? "Postgres killed (SIGKILL)" : "Postgres crashed (immediate)");
                await installation.CrashDatabaseAsync(cluster, kind == 1, () => Task.Delay(DownTime, Cancel));
                break;
            case 3:
            case 4:
                await installation.KillAsync();
                Count("host killed at a commit");
                await installation.StartAsync($"{(kind == 3 ? "before" : "after")}:{random.Next(1, 40)}");
                if (!await installation.CrashedAsync(TimeSpan.FromSeconds(20)))
                    await installation.KillAsync(); // there was less to commit than that
                await installation.StartAsync();
                break;
            default:
                await WaitAsync(random);
                Count("host killed (SIGKILL)");
                await installation.KillAsync();
                await installation.StartAsync();
                break;
        }
    }

    /// <summary>Some moment of work, which is what is to be interrupted.</summary>
    private static Task WaitAsync(Random random) => Task.Delay(random.Next(50, 3000), Cancel);

    private static async Task KeepBusyAsync(Installation installation, Random random, int most)
    {
        var unfinished = 0;
        foreach (var job in installation.Jobs.TakeLast(JobsInWork * 2))
            if (await installation.StatusAsync(job) is "pending" or "running")
                unfinished++;
        for (; unfinished < JobsInWork && installation.Jobs.Count < most; unfinished++)
        {
            var format = Formats[installation.Jobs.Count % Formats.Length];
            await installation.SubmitAsync(Book.Write(random, chapters: 3, sentences: 9, format));
        }
    }

    private async Task ReportAsync(Installation installation, Witness witness, TimeSpan took)
    {
        var times = (await witness.RecoveryTimesAsync()).Order().ToList();
        output.WriteLine($"ran                 {took.TotalMinutes:0.0} min");
        foreach (var (kind, count) in _outages.OrderByDescending(o => o.Value))
            output.WriteLine($"{kind, -34}{count}");
        output.WriteLine($"jobs                {installation.Jobs.Count}, all completed");
        foreach (
            var type in (string[])
                ["jobs.chunk_synthesized.v1", "jobs.segment_encoded.v1", "billing.credits_deducted.v1"]
        )
        {
            var count = await witness.ReadAsync($"select count(*)::text from eventing.events where type = '{type}'");
            output.WriteLine($"{type, -34}{count[0]}");
        }

        output.WriteLine($"engine calls        {installation.Engine.Calls().Count}");
        output.WriteLine(
            $"spoken again        {await witness.RepeatedCallsAsync()}, all because of an outage before their commit"
        );
        if (times.Count > 0)
            output.WriteLine(
                $"first progress      p50 {At(times, 0.5):0.00} s, p95 {At(times, 0.95):0.00} s after the restart ({times.Count} restarts)"
            );
    }

    private static double At(List<TimeSpan> sorted, double share) =>
        sorted[(int)((sorted.Count - 1) * share)].TotalSeconds;

    private void Count(string kind) => _outages[kind] = _outages.GetValueOrDefault(kind) + 1;

    private static double? Variable(string name) =>
        double.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
