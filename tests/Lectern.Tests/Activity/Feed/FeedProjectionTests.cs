using Lectern.Tests.Postgres;

namespace Lectern.Tests.Activity.Feed;

public sealed class FeedProjectionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rebuild_equals_live_whatever_happens_in_whichever_order_and_batches()
    {
        await using var log = await FollowedLog.CreateAsync();
        var projector = log.Projector();
        for (var seed = 1; seed <= 6; seed++)
        {
            var mix = new EventMix(log.Types, seed);
            var random = new Random(seed);
            var events = mix.Interleaved(jobs: 12, chunks: 3);
            for (var from = 0; from < events.Count; )
            {
                var count = Math.Min(random.Next(1, 60), events.Count - from);
                await mix.AppendAsync(log.Owner, events.GetRange(from, count), Cancel);
                from += count;
                if (random.Next(3) == 0)
                    await projector.CatchUpAsync(Cancel);
            }

            await projector.CatchUpAsync(Cancel);
            await log.AssertThatAllAgreesAsync();
        }
    }

    [Fact]
    public async Task What_an_event_costs_does_not_grow_with_the_tables_that_were_empty_when_it_was_planned()
    {
        await using var log = await FollowedLog.CreateAsync();
        var projector = log.Projector();
        var mix = new EventMix(log.Types, 7);
        var events = mix.Interleaved(jobs: 150, chunks: 1);
        for (var from = 0; from < events.Count; from += 5)
        {
            await mix.AppendAsync(log.Owner, events.GetRange(from, Math.Min(5, events.Count - from)), Cancel);
            await projector.CatchUpAsync(Cancel);
        }

        await log.CloseProjectorsAsync();
        await RowsRead.ShouldBeInProportionAsync(
            log.Owner,
            "activity.feed",
            "activity.feed_jobs",
            "activity.usage_by_day",
            "activity.usage_runs"
        );
    }

    [Fact]
    public async Task The_rebuilt_tables_have_the_old_ones_security_and_indexes()
    {
        const string Surroundings = """
            select 'policy' as what, tablename || ' ' || policyname as name, concat_ws(' ', roles, cmd, qual, with_check) as says
            from pg_policies where schemaname = 'activity' and tablename like 'feed%'
            union all
            select 'grant', table_name || ' ' || grantee, privilege_type from information_schema.role_table_grants
            where table_schema = 'activity' and table_name like 'feed%'
            union all
            select 'index', indexname, indexdef from pg_indexes where schemaname = 'activity' and tablename like 'feed%'
            union all
            select 'security', relname, concat_ws(' ', relrowsecurity, relforcerowsecurity) from pg_class
            where relnamespace = 'activity'::regnamespace and relkind = 'r' and relname like 'feed%'
            order by 1, 2, 3
            """;
        await using var log = await FollowedLog.CreateAsync();
        var before = await log.RowsAsync(Surroundings);
        before.Count.ShouldBeGreaterThan(20);

        await log.RebuildAsync("activity.feed");

        (await log.RowsAsync(Surroundings)).ShouldBe(before);
    }
}
