using Lectern.Billing.Contracts;
using Lectern.SharedKernel;
using Npgsql;

namespace Lectern.Tests.Billing.Ledger;

public sealed class WalletProjectionTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    private static readonly string[] Tables =
    [
        "select * from billing.wallets order by id",
        "select * from billing.holds order by id",
        "select * from billing.hold_ends order by hold_id",
        "select * from billing.ledger order by wallet_id, number",
        "select * from billing.open_holds order by hold_id",
        "select * from billing.lots order by id",
        "select * from billing.refunds order by id",
        "select * from billing.caps order by wallet_id, api_key",
        "select * from billing.spending order by wallet_id, api_key, period, starts",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_entry_of_the_ledger_has_the_balance_after_it()
    {
        var workspace = await database.OpenWalletAsync(20);
        var first = await database.HoldAsync(workspace, 7);
        var second = await database.HoldAsync(workspace, 5);
        await database.CaptureAsync(first, 4);
        await database.ReleaseAsync(second);

        var rows = await database.RowsAsync(
            $"select number, kind, posted_change, held_change, posted, held, reason from billing.ledger where workspace_id = '{workspace}' order by number"
        );

        rows.ShouldBe([
            """{"number":2,"kind":"granted","posted_change":20,"held_change":0,"posted":20,"held":0,"reason":"test"}""",
            """{"number":3,"kind":"held","posted_change":0,"held_change":7,"posted":20,"held":7,"reason":null}""",
            """{"number":4,"kind":"held","posted_change":0,"held_change":5,"posted":20,"held":12,"reason":null}""",
            """{"number":5,"kind":"captured","posted_change":-4,"held_change":-7,"posted":16,"held":5,"reason":"audiobook"}""",
            """{"number":6,"kind":"released","posted_change":0,"held_change":-5,"posted":16,"held":0,"reason":"cancelled"}""",
        ]);
    }

    [Fact]
    public async Task A_rebuild_gives_the_rows_that_were_written_live()
    {
        for (var wallet = 0; wallet < 5; wallet++)
        {
            var workspace = await database.OpenWalletAsync(1000);
            var key = new CallerKey(Guid.CreateVersion7(), new HashSet<string>(), wallet % 2 == 0 ? null : 900);
            for (var i = 0; i < 12; i++)
            {
                var held = await database.HoldAsync(workspace, 10 + i, i % 2 == 0 ? key : null);
                if (i % 3 == 0)
                    await database.CaptureAsync(held, 10);
                else if (i % 3 == 1)
                    await database.ReleaseAsync(held);
                if (i == 3)
                    await database.AppendAsync(
                        workspace,
                        new CreditsRefunded(Guid.CreateVersion7(), held.Hold, 4, "test"),
                        new SpendingCapsSet(key.Id, 700, 800),
                        new BalanceRanLow(3, 2000),
                        new BillingStopped("test"),
                        new BillingResumed()
                    );
            }

            var lot = Guid.CreateVersion7();
            await database.AppendAsync(
                workspace,
                new CreditsGranted(lot, 50, "test", DateTimeOffset.UnixEpoch),
                new CreditsExpired(lot, 20),
                new CreditsCorrected(Guid.CreateVersion7(), 2, -45, "test"),
                new CreditsCorrected(Guid.CreateVersion7(), 2, 7, "test")
            );
        }

        var live = await AllRowsAsync();
        await database.RebuildAsync("billing.wallets");

        (await AllRowsAsync()).ShouldBe(live);
    }

    [Fact]
    public async Task A_rebuild_repairs_rows_that_were_damaged()
    {
        var workspace = await database.OpenWalletAsync(1000);
        await database.CaptureAsync(await database.HoldAsync(workspace, 10), 10);
        var live = await AllRowsAsync();
        await database.TamperAsync(
            $"""
            update billing.wallets set posted = 5000 where workspace_id = '{workspace}';
            delete from billing.ledger where workspace_id = '{workspace}' and kind = 'held';
            """
        );

        await database.RebuildAsync("billing.wallets");

        (await AllRowsAsync()).ShouldBe(live);
    }

    [Theory]
    [InlineData("lectern_api", "update billing.ledger set reason = 'x'")]
    [InlineData("lectern_api", "delete from billing.ledger")]
    [InlineData("lectern_api", "update billing.holds set amount = 0")]
    [InlineData("lectern_api", "delete from billing.hold_ends")]
    [InlineData("lectern_api", "delete from billing.wallets")]
    [InlineData("lectern_worker", "update billing.ledger set reason = 'x'")]
    [InlineData("lectern_worker", "update billing.hold_ends set captured = 0")]
    public async Task Entries_are_append_only(string role, string sql)
    {
        var refused = await Should.ThrowAsync<PostgresException>(() =>
            database.TamperAsync($"begin; set local role {role}; {sql}; commit")
        );

        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Theory]
    [InlineData("wallets")]
    [InlineData("holds")]
    [InlineData("hold_ends")]
    [InlineData("ledger")]
    [InlineData("spending")]
    [InlineData("lots")]
    [InlineData("open_holds")]
    [InlineData("refunds")]
    [InlineData("caps")]
    public async Task Another_workspace_sees_nothing(string table)
    {
        var workspace = await database.OpenWalletAsync(20);
        var key = new CallerKey(Guid.CreateVersion7(), new HashSet<string>(), CreditCap: null);
        var captured = await database.HoldAsync(workspace, 1, key);
        await database.CaptureAsync(captured, 1);
        await database.HoldAsync(workspace, 1);
        await database.AppendAsync(workspace, new CreditsRefunded(Guid.CreateVersion7(), captured.Hold, 1, "test"));
        await database.AppendAsync(workspace, new SpendingCapsSet(null, 100, null));
        var stranger = Guid.CreateVersion7();

        (await CountAsync(workspace)).ShouldBeGreaterThan(0);
        (await CountAsync(stranger)).ShouldBe(0);

        async Task<long> CountAsync(Guid reader)
        {
            await using var session = database.Open(reader);
            var counts = await session.QueryAsync(
                $"select count(*) from billing.{table} where workspace_id = $1",
                row => row.GetInt64(0),
                Cancel,
                workspace
            );
            return counts.Single();
        }
    }

    [Fact]
    public async Task Another_workspaces_credits_cannot_be_held()
    {
        var workspace = await database.OpenWalletAsync(20);
        var stranger = Guid.CreateVersion7(); // has no wallet of its own, and reaches no other

        await Should.ThrowAsync<InvalidOperationException>(() => database.HoldAsync(stranger, 1));

        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(20, 0));
        (await database.BalanceAsync(stranger)).ShouldBe(new Balance(0, 0));
    }

    private async Task<List<string>> AllRowsAsync()
    {
        var rows = new List<string>();
        foreach (var table in Tables)
            rows.AddRange(await database.RowsAsync(table));
        return rows;
    }
}
