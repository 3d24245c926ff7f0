using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Eventing;

public sealed class ProjectionTests : MeterTest
{
    private const string Table = "meters.units_by_workspace";
    private const string OtherTable = "meters.units_again";
    private const int Poison = 666;

    protected override void Model(EventingBuilder model) =>
        MeterModel.Register(model, new UnitsByWorkspaceProjection(), new UnitsByWorkspaceProjection("units_again"));

    [Fact]
    public async Task A_rebuild_equals_live_while_others_write()
    {
        await Database.Host.StartAsync(Cancel);
        var rebuild = Database.Host.Services.GetRequiredService<ProjectionRebuild>();
        var writing = WriteAsync(400);
        for (var i = 0; i < 3; i++)
            await rebuild.RebuildAsync(Table, Cancel);
        await writing;
        await CaughtUpAsync(Table, OtherTable);

        var live = await RowsAsync(OtherTable); // never rebuilt
        (await RowsAsync(Table)).ShouldBe(live);
        await rebuild.RebuildAsync(OtherTable, Cancel);
        (await RowsAsync(OtherTable)).ShouldBe(live);
        (await ScalarAsync<long>($"select sum(readings)::bigint from {Table}")).ShouldBe(400);
    }

    [Fact]
    public async Task Two_views_are_rebuilt_at_the_same_time()
    {
        await WriteAsync(50);
        var rebuild = Database.Host.Services.GetRequiredService<ProjectionRebuild>();

        var applied = await Task.WhenAll(rebuild.RebuildAsync(Table, Cancel), rebuild.RebuildAsync(OtherTable, Cancel));

        applied.ShouldBe([50, 50]);
        (await RowsAsync(Table)).ShouldBe(await RowsAsync(OtherTable));
    }

    [Fact]
    public async Task The_rebuilt_table_has_the_old_ones_security_grants_indexes_and_constraints()
    {
        var before = await DescribeAsync();
        before.ShouldNotBeNull().ShouldContain("policy workspace");
        before.ShouldContain("force=t");
        before.ShouldContain("units_by_workspace_counted");
        await Database.Host.Services.GetRequiredService<ProjectionRebuild>().RebuildAsync(Table, Cancel);
        (await DescribeAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_raised_version_is_rebuilt_once_at_the_next_start()
    {
        await WriteAsync(50);
        await Database.Host.StartAsync(Cancel);
        await CaughtUpAsync(Table);
        await ExecuteAsync($"update {Table} set units = 0");
        var oid = await OidAsync();

        void Newer(EventingBuilder model) => MeterModel.Register(model, new UnitsByWorkspaceProjection(version: 2));
        var hosts = new[] { AnotherHost(Newer), AnotherHost(Newer) };
        await Task.WhenAll(hosts.Select(h => h.StartAsync(Cancel)));
        await EventuallyAsync(
            async () => await CountAsync($"eventing.projections where name = '{Table}' and version = 2") == 1,
            "it is rebuilt"
        );
        await WriteAsync(10);
        await CaughtUpAsync(Table);
        (await OidAsync()).ShouldNotBe(oid);
        (await ScalarAsync<long>($"select sum(readings)::bigint from {Table}")).ShouldBe(60);
        (await ScalarAsync<long>($"select sum(units)::bigint from {Table}")).ShouldBe(await UnitsInTheLogAsync());

        Task<uint> OidAsync() => ScalarAsync<uint>($"select '{Table}'::regclass::oid");
    }

    [Fact]
    public async Task Two_projectors_that_are_killed_again_and_again_agree_with_the_log()
    {
        var other = AnotherHost();
        await Database.Host.StartAsync(Cancel);
        await other.StartAsync(Cancel);
        var writing = WriteAsync(600);
        await KillWorkers.UntilAsync(Database.ConnectionString, 20, TimeSpan.FromSeconds(60), Cancel);

        await other.StopAsync(Cancel);
        await writing;
        await CaughtUpAsync(Table, OtherTable);
        (await ScalarAsync<long>($"select sum(readings)::bigint from {Table}")).ShouldBe(600);
        (await ScalarAsync<long>($"select sum(units)::bigint from {Table}")).ShouldBe(await UnitsInTheLogAsync());
        (await RowsAsync(Table)).ShouldBe(await RowsAsync(OtherTable));
        (await CountAsync("eventing.projections where error is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task An_event_that_can_not_be_applied_stops_its_projection_right_before_it()
    {
        void Poisoned(EventingBuilder model) =>
            MeterModel.Register(
                model,
                new UnitsByWorkspaceProjection(poison: Poison),
                new UnitsByWorkspaceProjection("units_again")
            );
        var meter = await InstallAsync();
        await ReadAsync(meter, 1, 2, 3);
        await ReadAsync(meter, Poison);
        await ReadAsync(meter, 4);
        var host = AnotherHost(Poisoned);
        await host.StartAsync(Cancel);
        await EventuallyAsync(
            async () => await CountAsync($"eventing.projections where name = '{Table}' and error is not null") == 1,
            "it stopped"
        );
        await CaughtUpAsync(OtherTable);

        (await ScalarAsync<string>($"select error from eventing.projections where name = '{Table}'")).ShouldBe(
            "666 units can't be."
        );
        (await ScalarAsync<long>($"select units from {Table}")).ShouldBe(6);
        (await ScalarAsync<long>($"select position from eventing.projections where name = '{Table}'")).ShouldBe(4);
        (await ScalarAsync<long>($"select units from {OtherTable}")).ShouldBe(10 + Poison);

        await host.StopAsync(Cancel);
        await Database.Host.StartAsync(Cancel); // a program that can
        await CaughtUpAsync(Table);
        (await ScalarAsync<long>($"select units from {Table}")).ShouldBe(10 + Poison);
        (await CountAsync("eventing.projections where error is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task An_event_of_a_newer_program_is_not_passed_over()
    {
        var meter = await InstallAsync();
        await ReadAsync(meter, 1);
        await ReadAsync(meter, 2);
        await ReadAsync(meter, 4);
        await ExecuteAsync("update eventing.events set type = 'meters.meter_read.v2' where version = 3");
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(
            async () => await CountAsync("eventing.projections where error like '%meters.meter_read.v2%'") == 2,
            "they stopped"
        );
        (await ScalarAsync<long>($"select units from {Table}")).ShouldBe(1);
    }

    [Fact]
    public async Task An_inline_view_that_is_rebuilt_equals_live_while_others_write()
    {
        var writing = WriteAsync(300);
        var rebuild = Database.Host.Services.GetRequiredService<ProjectionRebuild>();
        await EventuallyAsync(async () => await CountAsync("eventing.events") > 50, "writers write");
        await rebuild.RebuildAsync("meters.meter_view", Cancel);
        await writing;
        var live = await RowsAsync("meters.meter_view");

        await ExecuteAsync("update meters.meter_view set total = 0, readings = 9, changed_at = now()");
        await rebuild.RebuildAsync("meters.meter_view", Cancel);
        (await RowsAsync("meters.meter_view")).ShouldBe(live);
    }

    [Fact]
    public async Task Operators_see_where_projections_stand()
    {
        await WriteAsync(10);
        var list = await Database.Host.Services.GetRequiredService<ProjectionRebuild>().ListAsync(Cancel);
        list.Single(p => p.Name == Table)
            .ShouldBe(
                new ProjectionStatus(
                    Table,
                    false,
                    0,
                    await ScalarAsync<long>("select max(seq) from eventing.events"),
                    null
                )
            );
        list.ShouldContain(p => p.Inline && p.Name == "meters.meter_view");
    }

    private async Task WriteAsync(int readings)
    {
        var meters = new List<(Guid Meter, SessionContext Context)>();
        for (var i = 0; i < 6; i++)
        {
            var context = i < 3 ? Context : Context with { Workspace = Guid.CreateVersion7() };
            meters.Add((await InstallAsync(context), context));
        }

        await Parallel.ForAsync(
            0,
            readings,
            new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Cancel },
            async (i, cancel) =>
            {
                var (meter, context) = meters[i % meters.Count];
                for (var done = false; !done; )
                {
                    try
                    {
                        await using var session = Store.OpenSession(context);
                        session.Append<Meter>(meter, new MeterRead(i));
                        await session.SaveChangesAsync(cancel);
                        done = true;
                    }
                    catch (ConcurrencyException) { } // waited too long
                }
            }
        );
    }

    private Task<long> UnitsInTheLogAsync() =>
        ScalarAsync<long>("select coalesce(sum((data->>'units')::int), 0)::bigint from eventing.events");

    private Task CaughtUpAsync(params string[] projections) =>
        EventuallyAsync(
            async () =>
                await CountAsync(
                    "eventing.projections where name = any($1) and position = (select coalesce(max(seq), 0) from eventing.events)",
                    (object)projections
                ) == projections.Length,
            "the projections caught up",
            60
        );

    private Task<string?> DescribeAsync() =>
        ScalarAsync<string>(
            $"""
            select string_agg(line, E'\n' order by line) from (
                select format('policy %s %s %s %s %s', polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid),
                              (select string_agg(rolname, ',') from pg_roles where oid = any(polroles))) as line
                from pg_policy where polrelid = '{Table}'::regclass
                union all select format('security=%s force=%s grants=%s owner=%s', relrowsecurity, relforcerowsecurity, relacl, relowner)
                from pg_class where oid = '{Table}'::regclass
                union all select format('index %s', indexdef) from pg_indexes where schemaname || '.' || tablename = '{Table}'
                union all select format('constraint %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint where conrelid = '{Table}'::regclass
                union all select format('column %s %s %s', attname, atttypid, attnotnull) from pg_attribute where attrelid = '{Table}'::regclass and attnum > 0
            ) t
            """
        );
}
