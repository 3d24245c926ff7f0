using Lectern.Tests.Postgres;

namespace Lectern.Tests.Recovery;

/// <summary>Postgres dies under a host that lives: it says so to its clients, and goes on by itself.</summary>
public class PostgresKilledTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RecoveryTime = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task The_host_answers_503_while_Postgres_is_away_and_goes_on_by_itself()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var installation = await Installation.CreateAsync(cluster);
        await using var witness = new Witness(installation);
        installation.Engine.Pause = TimeSpan.FromSeconds(0.1);
        var random = new Random(31);
        var job = await installation.SubmitAsync(Book.Write(random, chapters: 2, sentences: 20, "m4b"));
        await installation.HasChunksAsync(job, 3);

        await using (var client = new Prober(installation.Client))
        {
            foreach (var kill in (bool[])[true, false])
            {
                await installation.CrashDatabaseAsync(cluster, kill, () => client.SeesOutageAsync(Patience));
                await installation.SubmitAsync(Book.Write(random, chapters: 1, sentences: 3, "wav"));
                await installation.HasChunksAsync(job, await installation.ChunksAsync(job) + 3);
            }

            await installation.AllEndAsync();
            client.Unexpected.ShouldBeEmpty("200 or 503 with Retry-After, nothing else");
        }

        var times = await witness.RecoveryTimesAsync();
        output.WriteLine($"first event after {string.Join(", ", times.Select(t => $"{t.TotalSeconds:0.00} s"))}");
        times.Count.ShouldBe(2);
        times.ShouldAllBe(time => time < RecoveryTime);
        await witness.AssertAllIsWellAsync();
    }
}
