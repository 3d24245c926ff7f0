using Npgsql;

namespace Lectern.Tests.Billing.Spend;

public sealed class SpendByDayProjectionTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    private const string Rows = "select * from billing.spend_by_day order by workspace_id, day, kind, provider";

    // What "create table like" would not have copied: everything about the table that isn't a column.
    private const string Surroundings = """
        select 'policy' as what, p.policyname as name, concat_ws(' ', p.roles, p.cmd, p.qual, p.with_check) as says
        from pg_policies p where p.schemaname = 'billing' and p.tablename = 'spend_by_day'
        union all
        select 'grant', g.grantee, g.privilege_type from information_schema.role_table_grants g
        where g.table_schema = 'billing' and g.table_name = 'spend_by_day'
        union all
        select 'index', i.indexname, i.indexdef from pg_indexes i
        where i.schemaname = 'billing' and i.tablename = 'spend_by_day'
        union all
        select 'security', c.relname, concat_ws(' ', c.relrowsecurity, c.relforcerowsecurity) from pg_class c
        where c.oid = 'billing.spend_by_day'::regclass
        order by 1, 2, 3
        """;

    [Fact]
    public async Task A_rebuild_gives_the_rows_that_were_written_live_on_a_table_with_the_same_surroundings()
    {
        for (var i = 0; i < 4; i++)
        {
            var workspace = await database.OpenWalletAsync(1000);
            for (var job = 0; job < 5; job++)
                await database.CaptureAsync(await database.HoldAsync(workspace, 100), 10 * job);
            await database.CatchUpAsync(); // in several batches, so that rows are added to and not only made
        }

        var live = await database.RowsAsync(Rows);
        var surroundings = await database.RowsAsync(Surroundings);
        live.Count.ShouldBeGreaterThanOrEqualTo(4);
        surroundings.Count.ShouldBeGreaterThan(5);

        await database.RebuildAsync("billing.spend_by_day");

        (await database.RowsAsync(Rows)).ShouldBe(live);
        (await database.RowsAsync(Surroundings)).ShouldBe(surroundings);
    }

    [Fact]
    public async Task A_day_begins_and_ends_at_midnight_UTC()
    {
        var workspace = Guid.CreateVersion7();
        await StoreAsync(workspace, "2026-03-01 00:00:00+00", 1);
        await StoreAsync(workspace, "2026-03-01 23:59:59.999999+00", 20);
        await StoreAsync(workspace, "2026-03-02 00:00:00+00", 300);
        await StoreAsync(workspace, "2026-03-02 01:30:00+02", 4000); // 23:30 of the first in UTC
        await StoreAsync(workspace, "2026-03-01 23:30:00-02", 50000); // 01:30 of the second in UTC

        await database.RebuildAsync("billing.spend_by_day");

        var rows = await database.RowsAsync(
            $"select day, kind, micro_credits, runs from billing.spend_by_day where workspace_id = '{workspace}' order by day"
        );
        rows.ShouldBe([
            """{"day":"2026-03-01","kind":"audiobook","micro_credits":4021,"runs":3}""",
            """{"day":"2026-03-02","kind":"audiobook","micro_credits":50300,"runs":2}""",
        ]);
    }

    [Fact]
    public async Task Providers_are_told_apart_and_the_older_events_name_none()
    {
        var workspace = Guid.CreateVersion7();
        await StoreAsync(workspace, "2026-03-01 00:00:00+00", 1);
        await StoreAsync(workspace, "2026-03-01 00:00:00+00", 20, "flite");
        await StoreAsync(workspace, "2026-03-01 00:00:00+00", 300, "espeak");
        await StoreAsync(workspace, "2026-03-01 00:00:00+00", 4000, "flite");

        await database.RebuildAsync("billing.spend_by_day");

        var rows = await database.RowsAsync(
            $"select provider, micro_credits, runs from billing.spend_by_day where workspace_id = '{workspace}' order by provider"
        );
        rows.ShouldBe([
            """{"provider":"","micro_credits":1,"runs":1}""",
            """{"provider":"espeak","micro_credits":300,"runs":1}""",
            """{"provider":"flite","micro_credits":4020,"runs":2}""",
        ]);
    }

    [Fact]
    public async Task It_is_for_platform_administrators_only()
    {
        await using var session = database.Open(Guid.CreateVersion7());

        var refused = await Should.ThrowAsync<PostgresException>(() =>
            session.QueryAsync(
                "select count(*) from billing.spend_by_day",
                row => row.GetInt64(0),
                TestContext.Current.CancellationToken
            )
        );

        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    /// <summary>An event of a time of our choice, put into the log past the program.</summary>
    private Task StoreAsync(Guid workspace, string at, long captured, string? provider = null) =>
        database.TamperAsync(
            $"""
            insert into eventing.events (id, stream_id, version, type, data, workspace_id, actor, correlation_id, at)
            values (gen_random_uuid(), gen_random_uuid(), 1, 'billing.credits_deducted.v1',
                jsonb_build_object('hold', gen_random_uuid(), 'job', gen_random_uuid(), 'kind', 'audiobook',
                    'held', {captured}, 'captured', {captured}, 'delivered', jsonb_build_object('characters', 1) || '{(
                        provider is null ? "{}" : $"{{\"provider\": \"{provider}\"}}"
                    )}'),
                '{workspace}', 'system', gen_random_uuid(), '{at}')
            """
        );
}
