using Lectern.Eventing;
using Npgsql;

namespace Lectern.Tests.Eventing;

public sealed class RowSecurityTests : MeterTest
{
    private static readonly SessionContext Stranger = Context with { Workspace = Guid.CreateVersion7() };

    [Fact]
    public async Task Every_table_with_a_workspace_has_forced_row_security_and_policies()
    {
        var tables = await CountAsync(WithWorkspace);
        tables.ShouldBeGreaterThanOrEqualTo(7);
        (
            await ScalarAsync<string>(
                $"select string_agg(c.oid::regclass::text, ', ') from {WithWorkspace} and not (relrowsecurity and relforcerowsecurity and exists (select from pg_policy where polrelid = c.oid))"
            )
        ).ShouldBeNull();

        await ExecuteAsync("create table meters.forgotten (workspace_id uuid)"); // so the check can fail
        (await CountAsync($"{WithWorkspace} and not (relrowsecurity and relforcerowsecurity)")).ShouldBe(1);
    }

    private const string WithWorkspace = """
        pg_class c join pg_attribute a on a.attrelid = c.oid join pg_namespace n on n.oid = c.relnamespace
        where a.attname = 'workspace_id' and not attisdropped and c.relkind = 'r'
        """;

    [Fact]
    public async Task Neither_role_owns_anything_or_is_above_the_law()
    {
        (
            await CountAsync("pg_roles where rolname like 'lectern\\_%' and (rolsuper or rolbypassrls or rolcanlogin)")
        ).ShouldBe(0);
        (
            await CountAsync("pg_class where relowner in (select oid from pg_roles where rolname like 'lectern\\_%')")
        ).ShouldBe(0);
    }

    [Fact]
    public async Task A_stranger_sees_and_changes_nothing()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter);
        await using (var own = Store.OpenSession(Context))
        {
            own.Remember(new IdempotentAnswer("r", "k", [], 200, null, []));
            await own.SaveChangesAsync(Cancel);
        }

        await using var session = Store.OpenSession(Stranger);
        foreach (
            var table in new[]
            {
                "eventing.events",
                "eventing.streams",
                "eventing.messages",
                "eventing.idempotency_keys",
                "meters.meter_view",
            }
        )
            (await session.QueryAsync($"select count(*) from {table}", r => r.GetInt64(0), Cancel))
                .Single()
                .ShouldBe(0, table);
        (await session.FetchForWriting<Meter>(meter, Cancel)).ShouldBeNull();
        (await session.ReadStreamAsync(meter, 0, 10, Cancel)).ShouldBeEmpty();
        session.Execute("update meters.meter_view set total = 99");
        session.Execute("delete from eventing.messages");
        await session.SaveChangesAsync(Cancel);
        (await ScalarAsync<int>("select total from meters.meter_view")).ShouldBe(0);
        (await CountAsync("eventing.messages")).ShouldBe(1);
    }

    [Fact]
    public async Task A_stranger_can_not_append_to_a_stream_or_take_its_name()
    {
        var meter = await InstallAsync();
        await using var append = Store.OpenSession(Stranger);
        append.Append<Meter>(meter, 1, new MeterRead(1));
        await Should.ThrowAsync<ConcurrencyException>(() => append.SaveChangesAsync(Cancel));
        await using var blind = Store.OpenSession(Stranger);
        blind.Append<Meter>(meter, new MeterRead(1));
        await Should.ThrowAsync<InvalidOperationException>(() => blind.SaveChangesAsync(Cancel));
        await using var start = Store.OpenSession(Stranger);
        start.StartStream<Meter>(meter, new MeterInstalled("attic"));
        await Should.ThrowAsync<ConcurrencyException>(() => start.SaveChangesAsync(Cancel));
        (await CountAsync("eventing.events")).ShouldBe(1);
    }

    [Fact]
    public async Task Rows_of_another_workspace_are_refused()
    {
        await using var session = Store.OpenSession(Stranger);
        session.Execute("insert into meters.meter_view values (gen_random_uuid(), $1, 0, 0, now())", Workspace);
        (await Should.ThrowAsync<PostgresException>(() => session.SaveChangesAsync(Cancel))).SqlState.ShouldBe("42501");
    }

    [Fact]
    public async Task Without_a_workspace_there_are_no_rows()
    {
        await InstallAsync();
        for (var i = 0; i < 3; i++) // also on a connection that had one before
        {
            await using var connection = await Store.Api.OpenConnectionAsync(Cancel);
            await using var count = new NpgsqlCommand("select count(*) from eventing.events", connection);
            (await count.ExecuteScalarAsync(Cancel)).ShouldBe(0L);
            await using var own = Store.OpenSession(Context);
            (await own.QueryAsync("select count(*) from eventing.events", r => r.GetInt64(0), Cancel))
                .Single()
                .ShouldBe(1);
        }
    }

    [Fact]
    public async Task Events_can_neither_be_changed_nor_deleted()
    {
        await InstallAsync();
        foreach (var open in new[] { Store.OpenSession, (Func<SessionContext, Session>)Store.OpenWorkerSession })
        foreach (
            var sql in new[]
            {
                "update eventing.events set data = '{}'",
                "delete from eventing.events",
                "truncate eventing.events",
                "delete from eventing.streams",
            }
        )
        {
            await using var session = open(Context);
            session.Execute(sql);
            (await Should.ThrowAsync<PostgresException>(() => session.SaveChangesAsync(Cancel))).SqlState.ShouldBe(
                "42501",
                sql
            );
        }
    }

    [Fact]
    public async Task Pooled_connections_keep_their_role_through_errors_and_reuse()
    {
        foreach (var (source, role) in new[] { (Store.Api, "lectern_api"), (Store.Worker, "lectern_worker") })
            for (var i = 0; i < 30; i++)
            {
                await using var connection = await source.OpenConnectionAsync(Cancel);
                await using var who = new NpgsqlCommand("select current_user::text", connection);
                (await who.ExecuteScalarAsync(Cancel)).ShouldBe(role);
                await using var transaction = await connection.BeginTransactionAsync(Cancel);
                await using var bad = new NpgsqlCommand(i % 2 == 0 ? "select 1/0" : "set local role none", connection);
                await Record.ExceptionAsync(() => bad.ExecuteNonQueryAsync(Cancel));
            }
    }
}
