using Lectern.Activity.Analytics;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Npgsql;

namespace Lectern.Tests.Activity.Analytics;

public sealed class UsageProjectionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task However_the_log_is_cut_into_batches_the_rows_are_those_of_the_model(int seed)
    {
        var history = new History(seed, 1_500);
        await using var database = await AnalyticsDatabase.CreateAsync();
        var random = new Random(seed);
        for (var from = 0; from < history.Events.Count; )
        {
            // Mostly a few at a time, so that retries, fallbacks and corrections are cut off from what they are about.
            var some = history.Events.Skip(from).Take(random.Next(3) == 0 ? random.Next(1, 400) : random.Next(1, 20));
            from += await LiveAsync(database, [.. some]);
        }

        var live = await database.AllAsync();
        live.Take(live.FindIndex(row => row.StartsWith("{\"job_id\"", StringComparison.Ordinal)))
            .ShouldBe(new UsageModel(history.Events).Rows);

        await database.RebuildAsync(); // in one batch

        (await database.AllAsync()).ShouldBe(live);
    }

    [Fact]
    public async Task One_event_a_batch_gives_the_same_rows()
    {
        var history = new History(4, 250);
        await using var database = await AnalyticsDatabase.CreateAsync();
        foreach (var stored in history.Events)
            await LiveAsync(database, [stored]);
        var live = await database.AllAsync();
        live.Count.ShouldBeGreaterThan(50);

        await database.RebuildAsync();

        (await database.AllAsync()).ShouldBe(live);
    }

    [Fact]
    public async Task Net_spending_of_each_day_is_what_the_ledger_says()
    {
        var history = new History(5, 2_000);
        await using var database = await AnalyticsDatabase.CreateAsync();
        await database.StoreAsync(history.Events);
        foreach (var (id, workspace, version) in history.Wallets)
            await database.ExecuteAsync(
                $"insert into eventing.streams (id, type, workspace_id, version) values ('{id}', 'wallet', '{workspace}', {version})"
            );
        await database.RebuildAsync("billing.wallets");
        await database.RebuildAsync();

        // What was captured and refunded, and what was corrected of that, and of such corrections.
        var ledger = await database.RowsAsync(
            """
            with recursive spending as (
                select wallet_id, number from billing.ledger where kind in ('captured', 'refunded')
                union
                select l.wallet_id, l.number from billing.ledger l
                join spending s on s.wallet_id = l.wallet_id and s.number = l.corrects)
            select workspace_id, (at at time zone 'utc')::date as day, -sum(posted_change) as net
            from billing.ledger join spending using (wallet_id, number) group by 1, 2 order by 1, 2
            """
        );
        ledger.Count.ShouldBeGreaterThan(10);
        const string net = "sum(charged - refunded - corrected)";
        (
            await database.RowsAsync(
                $"""
                select workspace_id, day, {net} as net from activity.usage_by_day
                where dimension = 'all' and workspace_id <> '{Guid.Empty}' and (charges > 0 or refunded > 0 or corrected <> 0)
                group by 1, 2 order by 1, 2
                """
            )
        ).ShouldBe(ledger);
    }

    [Fact]
    public async Task Every_event_is_counted_once_in_each_dimension()
    {
        var history = new History(6, 1_000);
        await using var database = await AnalyticsDatabase.CreateAsync();
        await LiveAsync(database, history.Events);

        var counts = await database.RowsAsync(
            $"""
            select dimension, workspace_id = '{Guid.Empty}' as platform, sum(submitted) as submitted, sum(retried) as retried,
                sum(completed) as completed, sum(failed) as failed, sum(cancelled) as cancelled, sum(fell_back) as fell_back,
                sum(chunks_spoken) as spoken, sum(chunks_reused) as reused, sum(charges) as charges
            from activity.usage_by_day where dimension <> 'failure' group by 1, 2
            """
        );

        var expected =
            $"\"submitted\":{Count<JobSubmitted>()},\"retried\":{Count<JobReopened>()},\"completed\":{Count<JobCompleted>()},"
            + $"\"failed\":{Count<JobFailed>()},\"cancelled\":{Count<JobCancelled>()},\"fell_back\":{Count<VoiceFellBack>()},"
            + $"\"spoken\":{Count<ChunkSynthesized>()},\"reused\":{Count<ChunkReused>()},\"charges\":{Count<CreditsDeducted>()}}}";
        counts.Count.ShouldBe(1 + Dimension.OfWorkspace.Count + 1 + Dimension.OfPlatform.Count);
        counts.ShouldAllBe(row => row.EndsWith(expected, StringComparison.Ordinal));

        int Count<T>()
        {
            var count = history.Events.Count(stored => stored.Data is T);
            count.ShouldBeGreaterThan(0);
            return count;
        }
    }

    [Fact]
    public async Task A_workspace_sees_its_own_figures_and_nobody_the_keys_to_them()
    {
        var history = new History(7, 400);
        await using var database = await AnalyticsDatabase.CreateAsync();
        await LiveAsync(database, history.Events);
        var workspace = history.Workspaces.First();
        await using var session = database.Store.OpenSession(new SessionContext(workspace, "system", Guid.NewGuid()));

        var seen = await session.QueryAsync(
            "select distinct workspace_id from activity.usage_by_day",
            row => row.GetGuid(0),
            Cancel
        );

        seen.ShouldBe([workspace]);
        foreach (var table in new[] { "usage_runs", "usage_entries" })
            (
                await Should.ThrowAsync<PostgresException>(() =>
                    session.QueryAsync($"select 1 from activity.{table}", row => row.GetInt32(0), Cancel)
                )
            ).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    private static async Task<int> LiveAsync(AnalyticsDatabase database, IReadOnlyList<StoredEvent> events)
    {
        await database.StoreAsync(events);
        await database.CatchUpAsync();
        return events.Count;
    }
}
