using System.Diagnostics;
using Lectern.Eventing;
using Lectern.Tests.Activity.Feed;
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
    private const int Kills = 50;
    private const int OfThemPostgres = 2;

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

        int killed = 0,
            crashes = 0;
        while (killed < Kills)
        {
            if (killed >= (crashes + 1) * Kills / (OfThemPostgres + 1) && crashes < OfThemPostgres)
            {
                cluster.Kill();
                cluster.Restart();
                (killed, crashes) = (killed + 1, crashes + 1);
            }
            else
                killed += await KillAProjectorAtWorkAsync(log);
        }

        await enough.CancelAsync();
        var count = await appended;
        await Eventually.IsAsync(
            async () =>
                string.Join(
                    ", ",
                    await log.RowsAsync(
                        "select name, error from eventing.projections where position < (select max(seq) from eventing.events)"
                    )
                ),
            behind => behind.Length == 0,
            "the projectors have reached the head"
        );
        foreach (var projector in projectors)
            await projector.StopAsync(Cancel);
        output.WriteLine(
            $"{count} events, {killed} kills, {crashes} of them of Postgres, in {took.Elapsed.TotalSeconds:0.0} s"
        );
        count.ShouldBeGreaterThan(1000);
        await log.AssertThatAllAgreesAsync();
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

    /// <summary>How many were: none when all of them are idle, or Postgres is coming back.</summary>
    private static async Task<int> KillAProjectorAtWorkAsync(FollowedLog log) =>
        (int)
            Math.Max(
                0,
                await TryAsync(
                    log,
                    """
                    select count(pg_terminate_backend(pid)) from (
                        select pid from pg_stat_activity
                        where datname = current_database() and application_name = 'lectern-worker' and state <> 'idle'
                        limit 1) t
                    """
                )
            );

    /// <summary>What the database says, or -1 while it is coming back.</summary>
    private static async Task<long> TryAsync(FollowedLog log, string sql)
    {
        try
        {
            return await log.CountAsync(sql);
        }
        catch (NpgsqlException)
        {
            return -1;
        }
    }
}
