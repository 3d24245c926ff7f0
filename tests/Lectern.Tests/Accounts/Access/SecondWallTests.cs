using Lectern.Accounts.Workspaces;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Postgres;
using Npgsql;

namespace Lectern.Tests.Accounts.Access;

/// <summary>
/// What the database itself keeps apart, whatever the code above it forgets. These tests ask past the code: over the role
/// of requests, without any filter.
/// </summary>
public sealed class SecondWallTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    /// <summary>Tables that belong to the installation and hold nothing about a workspace or a person.</summary>
    private static readonly string[] OfTheInstallation =
    [
        "eventing.commits", // ids of units of work whose outcome was unknown
        "eventing.lanes", // limits of providers
        "eventing.projections", // how far views have read
        "jobs.voice_gains", // how loud voices are
        "lectern.migrations", // which files were applied
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_table_of_every_module_forces_row_security_and_has_its_policies()
    {
        await using var database = await TestDatabase.CreateAsync(model =>
        {
            foreach (var module in Lectern.Host.Modules.All)
                module.AddEventing(model);
        });
        await using var owner = NpgsqlDataSource.Create(database.ConnectionString);

        (await TablesAsync(owner)).Count.ShouldBeGreaterThan(30);
        (await OpenTablesAsync(owner)).ShouldBe(OfTheInstallation);

        // Each way to forget it is noticed.
        await RunAsync(owner, "create table jobs.forgotten (workspace_id uuid)");
        await RunAsync(
            owner,
            """
            create table jobs.not_forced (workspace_id uuid);
            alter table jobs.not_forced enable row level security;
            create policy workspace on jobs.not_forced to lectern_api using (workspace_id = lectern_workspace())
            """
        );
        await RunAsync(
            owner,
            """
            create table jobs.without_policy (workspace_id uuid);
            alter table jobs.without_policy enable row level security, force row level security
            """
        );
        await RunAsync(
            owner,
            """
            create table jobs.wide_open (workspace_id uuid);
            alter table jobs.wide_open enable row level security, force row level security;
            create policy everybody on jobs.wide_open to lectern_api using (true)
            """
        );
        (await OpenTablesAsync(owner))
            .Except(OfTheInstallation)
            .ShouldBe(["jobs.forgotten", "jobs.not_forced", "jobs.wide_open", "jobs.without_policy"]);
    }

    [Theory]
    [InlineData("members", "select person_id::text from accounts.members")]
    [InlineData("people", "select id::text from accounts.people")]
    [InlineData("workspaces", "select id::text from accounts.workspaces")]
    [InlineData("invitations", "select workspace_id::text from accounts.invitations")]
    [InlineData("sessions", "select person_id::text from accounts.sessions")]
    [InlineData("audit", "select workspace_id::text from accounts.audit_log")]
    [InlineData("events", "select workspace_id::text from eventing.events")]
    [InlineData("wallets", "select workspace_id::text from billing.wallets")]
    [InlineData("the list of members", ListMembersEndpoint.Query)]
    public async Task A_query_without_its_filter_shows_nothing_foreign(string what, string query)
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.JoinAsync(jane, "viewer");
        await host.InviteAsync(jane, "somebody@example.com");
        var stranger = await host.AdminOfNewWorkspaceAsync();
        await host.InviteAsync(stranger, "somebody-else@example.com");
        // Jane is in her neighbor's workspace, too; a session of one workspace shows nothing of the other.
        await host.ExecuteAsync(
            "insert into accounts.members (workspace_id, person_id, role) values ($1, $2, 'viewer')",
            Id(stranger.Workspace),
            Id(jane.Id)
        );
        var own = new HashSet<Guid> { Id(jane.Workspace), Id(jane.Id), Id(john.Id) };

        await using var session = host.Api.Store.OpenSession(new Caller(Id(jane.Id), Id(jane.Workspace), Role.Admin));
        var seen = await session.QueryAsync(query, row => Guid.Parse(row.GetValue(0).ToString()!), Cancel);

        seen.ShouldNotBeEmpty(what);
        seen.ShouldAllBe(id => own.Contains(id));
    }

    [Fact]
    public async Task A_session_of_a_person_shows_their_memberships_and_nothing_else()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        await host.JoinAsync(jane, "viewer");
        await using var session = host.Api.Store.OpenSession(new Caller(Id(jane.Id), Id(jane.Id), Role.Viewer));

        (await session.QueryAsync("select person_id from accounts.members", row => row.GetGuid(0), Cancel)).ShouldBe([
            Id(jane.Id),
            Id(jane.Id),
        ]);
        (await session.QueryAsync("select id from accounts.workspaces", row => row.GetGuid(0), Cancel)).ShouldBe(
            [Id(jane.Personal), Id(jane.Workspace)],
            ignoreOrder: true
        );
        foreach (
            var table in (string[])["accounts.invitations", "accounts.audit_log", "eventing.events", "billing.wallets"]
        )
            (await session.QueryAsync($"select 1 from {table}", _ => 1, Cancel)).ShouldBeEmpty(table);
    }

    [Theory]
    [InlineData("select 1 from accounts.refresh_tokens")]
    [InlineData("select 1 from accounts.signing_keys")]
    [InlineData("select 1 from accounts.revocations")]
    [InlineData("select 1 from billing.provider_calls")]
    [InlineData("select 1 from billing.provider_call_ends")]
    [InlineData("select password_hash from accounts.people")]
    [InlineData("update accounts.members set role = 'admin'")]
    [InlineData(
        "insert into accounts.members (workspace_id, person_id, role) select workspace_id, person_id, role from accounts.members"
    )]
    [InlineData("delete from accounts.invitations")]
    [InlineData("select 1 from billing.payments")]
    [InlineData("select 1 from billing.codes")]
    [InlineData("delete from billing.notes")]
    [InlineData("update accounts.audit_log set action = 'nothing'")]
    [InlineData("update billing.quotes set high = 0")]
    [InlineData("update billing.quotes set valid_until = now() + interval '1 year'")]
    [InlineData("delete from billing.quotes")]
    [InlineData("insert into billing.price_lists (version, lines, minimums) values ('x', '[]', '[]')")]
    [InlineData("delete from accounts.audit_log")]
    public async Task Requests_may_not_touch_what_only_workers_need(string sql)
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        await using var session = host.Api.Store.OpenSession(new Caller(Id(jane.Id), Id(jane.Workspace), Role.Admin));

        (await Should.ThrowAsync<PostgresException>(() => session.QueryAsync(sql, _ => 1, Cancel))).SqlState.ShouldBe(
            PostgresErrorCodes.InsufficientPrivilege
        );
    }

    private static Guid Id(string publicId) => WorkspacesHost.IdOf(publicId);

    private const string AllTables = """
        pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\_%'
        """;

    private static Task<List<string>> TablesAsync(NpgsqlDataSource owner) =>
        TextsAsync(owner, $"select n.nspname || '.' || c.relname from {AllTables}");

    /// <summary>Tables without forced row security, without a policy, or with one that lets every request in.</summary>
    private static Task<List<string>> OpenTablesAsync(NpgsqlDataSource owner) =>
        TextsAsync(
            owner,
            $"""
            select n.nspname || '.' || c.relname from {AllTables}
            and not (c.relrowsecurity and c.relforcerowsecurity
                and exists (select from pg_policy p where p.polrelid = c.oid)
                and not exists (
                    select from pg_policies p
                    where p.schemaname = n.nspname and p.tablename = c.relname
                      and ('lectern_api' = any(p.roles) or 'public' = any(p.roles)) and p.qual in ('true', '(true)')))
            order by 1
            """
        );

    private static async Task<List<string>> TextsAsync(NpgsqlDataSource owner, string sql)
    {
        await using var command = owner.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var texts = new List<string>();
        while (await reader.ReadAsync(Cancel))
            texts.Add(reader.GetString(0));
        return texts;
    }

    private static async Task RunAsync(NpgsqlDataSource owner, string sql)
    {
        await using var command = owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
