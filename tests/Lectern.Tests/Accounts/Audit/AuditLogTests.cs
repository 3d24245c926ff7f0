using Lectern.Accounts;
using Lectern.Accounts.Audit;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Accounts.Audit;

/// <summary>Whoever changes the audit log behind the program's back is found out, also one who owns the database.</summary>
public sealed class AuditLogTests : IAsyncLifetime
{
    private static readonly Guid Ours = Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b6aa");
    private static readonly Guid Theirs = Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b6ab");
    private ApiHost _api = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync([new AccountsModule()], SignedUp.QuickPasswords);
        for (var i = 0; i < 5; i++)
        {
            await RecordAsync(Ours, $"tests.ours_{i}");
            await RecordAsync(Theirs, $"tests.theirs_{i}");
            await RecordAsync(AuditLog.Platform, $"tests.platform_{i}");
        }
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task What_was_written_is_found_whole()
    {
        (await BreachesAsync()).ShouldBeEmpty();

        // The address is personal and outside of the chain, so it can be erased.
        await AsOwnerAsync("update accounts.audit_log set address = null");
        (await BreachesAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("update accounts.audit_log set action = 'tests.harmless' where workspace_id = $1 and number = 3", "3")]
    [InlineData("update accounts.audit_log set actor = 'person:somebody' where workspace_id = $1 and number = 5", "5")]
    [InlineData("update accounts.audit_log set at = at - interval '1 day' where workspace_id = $1 and number = 1", "1")]
    [InlineData("update accounts.audit_log set detail = '{}' where workspace_id = $1 and number = 2", "2")]
    [InlineData("update accounts.audit_log set target = 'job_1' where workspace_id = $1 and number = 4", "4")]
    [InlineData("delete from accounts.audit_log where workspace_id = $1 and number = 3", "3 to 3 are missing")]
    [InlineData("delete from accounts.audit_log where workspace_id = $1 and number <= 2", "1 to 2 are missing")]
    [InlineData("delete from accounts.audit_log where workspace_id = $1 and number > 3", "the head says 5 entries")]
    [InlineData("update accounts.audit_chains set head = '\\x00' where workspace_id = $1", "the head says")]
    [InlineData("delete from accounts.audit_chains where workspace_id = $1", "the head says 0 entries")]
    public async Task A_change_by_the_owner_of_the_database_shows(string sql, string shown)
    {
        await AsOwnerAsync(sql, Ours);

        var breaches = await new AuditChainsCheck(_api.Store).FindBreachesAsync(Cancel);

        breaches.ShouldHaveSingleItem().ShouldContain(shown);
        breaches[0].ShouldStartWith(AccountIds.Workspace(Ours));
    }

    [Fact]
    public async Task A_chain_that_was_cut_off_and_mended_is_found_by_its_anchor()
    {
        (await BreachesAsync()).ShouldBeEmpty(); // which writes the anchors
        await CutAndMendAsync(Ours, keep: 3);

        (await new AuditChainsCheck(_api.Store).FindBreachesAsync(Cancel)).ShouldBeEmpty();
        (await AnchorBreachesAsync()).ShouldHaveSingleItem().ShouldContain("the entry 5, anchored at");
    }

    [Fact]
    public async Task A_chain_that_was_computed_anew_is_found_by_its_anchor()
    {
        (await BreachesAsync()).ShouldBeEmpty();
        await CutAndMendAsync(Ours, keep: 3);
        await RecordAsync(Ours, "tests.invented");
        await RecordAsync(Ours, "tests.invented");
        await RecordAsync(Ours, "tests.invented");

        (await new AuditChainsCheck(_api.Store).FindBreachesAsync(Cancel)).ShouldBeEmpty();
        (await AnchorBreachesAsync()).ShouldHaveSingleItem().ShouldContain("is another one now");
    }

    [Fact]
    public async Task Only_chains_that_have_grown_are_anchored_and_only_we_can_read_the_file()
    {
        var anchors = _api.Services.GetRequiredService<AuditAnchors>();
        (await anchors.WriteAsync(Cancel)).ShouldBe(3);
        (await anchors.WriteAsync(Cancel)).ShouldBe(0);
        await RecordAsync(Theirs, "tests.more");

        (await anchors.WriteAsync(Cancel)).ShouldBe(1);

        File.ReadLines(anchors.File).Count().ShouldBe(4);
        File.GetUnixFileMode(anchors.File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await BreachesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Half_a_line_that_a_power_cut_left_is_written_over_and_a_line_that_somebody_spoiled_shows()
    {
        var anchors = _api.Services.GetRequiredService<AuditAnchors>();
        await anchors.WriteAsync(Cancel);
        await File.AppendAllTextAsync(anchors.File, """{"at":"2026""", Cancel);
        await RecordAsync(Ours, "tests.more");
        (await anchors.WriteAsync(Cancel)).ShouldBe(1);
        (await AnchorBreachesAsync()).ShouldBeEmpty();
        File.ReadLines(anchors.File).Count().ShouldBe(4);

        await File.AppendAllTextAsync(anchors.File, "nothing to see here\n", Cancel);

        (await AnchorBreachesAsync()).ShouldHaveSingleItem().ShouldContain("no anchor");
    }

    [Fact]
    public async Task Two_who_write_at_once_lose_no_anchor()
    {
        var anchors = _api.Services.GetRequiredService<AuditAnchors>();
        var other = ActivatorUtilities.CreateInstance<AuditAnchors>(_api.Services);

        var written = await Task.WhenAll(anchors.WriteAsync(Cancel), other.WriteAsync(Cancel));

        written.Sum().ShouldBe(3);
        File.ReadLines(anchors.File).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Chains_that_are_longer_than_a_page_are_checked_over_its_edge()
    {
        await using (var session = _api.Store.OpenWorkerSession(new SessionContext(Ours, "system", Ours)))
        {
            session.Execute(
                "select accounts.audit($1, 'system', 'tests.many', null, '{}', $1, null) from generate_series(1, 5200)",
                Ours
            );
            await session.SaveChangesAsync(Cancel);
        }

        (await BreachesAsync()).ShouldBeEmpty();
        await AsOwnerAsync(
            "update accounts.audit_log set action = 'x' where workspace_id = $1 and number = 5001",
            Ours
        );

        (await new AuditChainsCheck(_api.Store).FindBreachesAsync(Cancel)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_roles_of_the_program_can_not_change_or_delete_an_entry()
    {
        foreach (
            var sql in new[]
            {
                "update accounts.audit_log set action = 'x'",
                "update accounts.audit_log set hash = ''",
                "delete from accounts.audit_log",
                "truncate accounts.audit_log",
            }
        )
        {
            await using var session = _api.Store.OpenWorkerSession(new SessionContext(Ours, "system", Ours));
            session.Execute(sql);
            var refused = await Should.ThrowAsync<PostgresException>(() => session.SaveChangesAsync(Cancel));
            refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        }
    }

    /// <summary>What a forger with the whole database would do: cut off the end, and set the head back to fit.</summary>
    private async Task CutAndMendAsync(Guid chain, int keep)
    {
        await AsOwnerAsync($"delete from accounts.audit_log where workspace_id = $1 and number > {keep}", chain);
        await AsOwnerAsync(
            $"""
            update accounts.audit_chains c set entries = {keep}, head = l.hash from accounts.audit_log l
            where c.workspace_id = $1 and l.workspace_id = $1 and l.number = {keep}
            """,
            chain
        );
    }

    private async Task<List<string>> BreachesAsync()
    {
        var breaches = new List<string>();
        foreach (var check in _api.Services.GetServices<IAuditCheck>())
            breaches.AddRange(await check.FindBreachesAsync(Cancel));
        return breaches;
    }

    private Task<IReadOnlyList<string>> AnchorBreachesAsync() =>
        new AuditAnchorsCheck(_api.Store, _api.Services.GetRequiredService<AuditAnchors>()).FindBreachesAsync(Cancel);

    private async Task RecordAsync(Guid chain, string action)
    {
        await using var session = _api.Store.OpenWorkerSession(
            new SessionContext(chain, CallerSessions.ActorOf(Ours), Guid.CreateVersion7())
        );
        AuditLog.Record(session, chain, action, "job_x", new() { ["count"] = 7 }, "192.0.2.7");
        await session.SaveChangesAsync(Cancel);
    }

    private async Task AsOwnerAsync(string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(_api.ConnectionString);
        await source.ExecuteAsync(sql, values);
    }
}
