using System.Diagnostics;
using Lectern.Eventing;
using Lectern.Tests.Activity.Feed;
using Lectern.Tests.Eventing;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Npgsql;

namespace Lectern.Tests.Recovery;

/// <summary>
/// The projections of all modules, by two projectors, while these and their Postgres die again and again in the middle of
/// it: positions and rows move together, so nothing is skipped and nothing counted twice.
/// </summary>
public sealed class ProjectorsKilledTests(ITestOutputHelper output)
{
    private const int OfThemPostgres = 2;
    private const int KillsARound = 16; // and 50 in all
    private const int KillsInARow = 4; // then something is committed, so that the next ones go on behind it

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_fifty_kills_every_projection_is_what_a_replay_gives()
    {
        var took = Stopwatch.StartNew();
        await using var cluster = await PostgresCluster.StartAsync();
        await using var log = await FollowedLog.CreateAsync(cluster);
        ProjectionDaemon[] projectors = [log.Projector(), log.Projector()];
        foreach (var projector in projectors)
            await projector.StartAsync(Cancel);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var appended = AppendAsync(log, enough.Token);

        for (var round = 0; round <= OfThemPostgres; round++)
        {
            if (round > 0)
            {
                cluster.Kill();
                cluster.Restart();
            }

            for (var killed = 0; killed < KillsARound; killed += KillsInARow)
            {
                await KillWorkers.UntilAsync(log.ConnectionString, KillsInARow, TimeSpan.FromMinutes(1), Cancel);
                await MoveOnAsync(log);
            }
        }

        await enough.CancelAsync();
        var count = await appended;
        await ReachTheHeadAsync(log);
        foreach (var projector in projectors)
            await projector.StopAsync(Cancel);
        output.WriteLine(
            $"{count} events, {(KillsARound * (OfThemPostgres + 1)) + OfThemPostgres} kills, {OfThemPostgres} of them of Postgres, in {took.Elapsed.TotalSeconds:0.0} s"
        );
        count.ShouldBeGreaterThan(1000);
        await log.AssertThatAllAgreesAsync();
    }

    private static async Task MoveOnAsync(FollowedLog log)
    {
        var before = await Eventually.IsAsync(PositionAsync, at => at >= 0, "Postgres is back");
        await Eventually.IsAsync(PositionAsync, now => now > before, "the projectors move on");

        async Task<long> PositionAsync()
        {
            try
            {
                return await log.CountAsync("select min(position) from eventing.projections");
            }
            catch (NpgsqlException)
            {
                return -1; // Postgres is away
            }
        }
    }

    /// <summary>However many events they are behind and however slow the machine is: somebody has to move on.</summary>
    private static async Task ReachTheHeadAsync(FollowedLog log)
    {
        var behind = await BehindAsync();
        while (behind.Length > 0)
        {
            var before = behind;
            behind = await Eventually.IsAsync(BehindAsync, now => now != before, "the projectors move on");
        }

        async Task<string> BehindAsync() =>
            string.Join(
                ", ",
                await log.RowsAsync(
                    """
                    select name, position, error from eventing.projections
                    where position < (select max(seq) from eventing.events) order by name
                    """
                )
            );
    }

    /// <summary>Events for as long as there is killing to be done; what Postgres may have lost is appended again.</summary>
    private static async Task<long> AppendAsync(FollowedLog log, CancellationToken enough)
    {
        for (var seed = 1; !enough.IsCancellationRequested; seed++)
        {
            var mix = new EventMix(log.Types, seed);
            foreach (var batch in mix.Interleaved(jobs: 8, chunks: 3).Chunk(25))
                await Poll.UntilAsync(
                    "the events are in the log",
                    TimeSpan.FromSeconds(30),
                    () => TryAppendAsync(log, mix, batch),
                    Cancel
                );
        }

        return await log.CountAsync("select count(*) from eventing.events");
    }

    private static async Task<bool> TryAppendAsync(FollowedLog log, EventMix mix, MixedEvent[] batch)
    {
        try
        {
            await mix.AppendAsync(log.Owner, batch, Cancel);
            return true;
        }
        catch (NpgsqlException)
        {
            return false; // Postgres is away
        }
    }
}
