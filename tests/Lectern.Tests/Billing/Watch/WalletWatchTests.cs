using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.Billing.Pricing;
using Lectern.Billing.Watch;
using Lectern.Eventing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Billing.Watch;

/// <summary>Rounds of the watch on a database of its own. What "the time has come" means, the database's clock says.</summary>
public sealed class WalletWatchTests : IAsyncLifetime
{
    private readonly BillingDatabase _database = new();
    private readonly Holder _holder = new();
    private readonly DoubtfulCheck _check = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_hold_whose_time_has_come_is_released_once_whoever_looks()
    {
        var workspace = await _database.OpenWalletAsync(20_000_000);
        await _database.HoldAsync(workspace, 7);
        var expired = await _database.HoldAsync(workspace, 5);
        await ExpireHoldAsync(expired);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Watch().PassAsync(Cancel)));

        (await _database.BalanceAsync(workspace)).ShouldBe(new Balance(20_000_000, 7));
        (await LastEntryAsync(workspace)).ShouldBe("released expired");
        (await BillingDatabase.RefusalOfAsync(() => _database.CaptureAsync(expired, 5))).ShouldBe("hold_ended_once");
    }

    [Fact]
    public async Task Whoever_placed_an_expired_hold_ends_it_and_what_was_delivered_is_paid()
    {
        var workspace = await _database.OpenWalletAsync(20_000_000);
        var expired = await _database.HoldAsync(workspace, 5);
        await ExpireHoldAsync(expired);
        _holder.Ends = (session, hold) =>
            Wallets.Capture(session, hold.Hold, hold.Job, "audiobook", hold.Amount, 2, new Delivery(10));

        await Watch().PassAsync(Cancel);

        (await _database.BalanceAsync(workspace)).ShouldBe(new Balance(19_999_998, 0));
        (await LastEntryAsync(workspace)).ShouldBe("captured audiobook");
    }

    [Fact]
    public async Task What_expires_first_is_spent_first()
    {
        var workspace = await _database.OpenWalletAsync(10);
        await GrantAsync(workspace, 4, DateTimeOffset.UtcNow.AddDays(2));
        await GrantAsync(workspace, 3, DateTimeOffset.UtcNow.AddDays(1));

        await _database.CaptureAsync(await _database.HoldAsync(workspace, 5), 5);

        (await LotsAsync(workspace)).ShouldBe(["10", "2", "0"]);
    }

    [Fact]
    public async Task Expired_credits_go_and_what_was_held_of_them_when_its_hold_ends()
    {
        var workspace = await _database.OpenWalletAsync(10);
        var soon = Guid.CreateVersion7();
        await GrantAsync(workspace, 8, DateTimeOffset.UtcNow.AddMinutes(-1), soon);
        var held = await _database.HoldAsync(workspace, 5);

        await Watch().PassAsync(Cancel);
        (await _database.BalanceAsync(workspace)).ShouldBe(new Balance(15, 5), "3 of the 8 were free");

        await _database.CaptureAsync(held, 1); // of the expired ones: they were accepted in payment
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Watch().PassAsync(Cancel)));

        (await _database.BalanceAsync(workspace)).ShouldBe(new Balance(10, 0));
        (await LotsAsync(workspace)).ShouldBe(["10", "0"]);
        (await _database.BreachesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Credits_that_have_time_left_stay()
    {
        var workspace = await _database.OpenWalletAsync(10);
        await GrantAsync(workspace, 8, DateTimeOffset.UtcNow.AddMinutes(1));

        await Watch().PassAsync(Cancel);

        (await _database.BalanceAsync(workspace)).ShouldBe(new Balance(18, 0));
    }

    [Fact]
    public async Task A_balance_that_runs_low_is_told_once_until_it_was_better()
    {
        var workspace = await _database.OpenWalletAsync(3_000_000);
        await LookAsync();
        (await EventsAsync(workspace, "billing.balance_ran_low.v1")).ShouldBe(0);

        var held = await _database.HoldAsync(workspace, 1_000_001);
        await Task.WhenAll(LookAsync(), LookAsync());
        await _database.HoldAsync(workspace, 1);
        await LookAsync();
        (await EventsAsync(workspace, "billing.balance_ran_low.v1")).ShouldBe(1);

        await _database.ReleaseAsync(held); // above it again
        await _database.HoldAsync(workspace, 1_500_000);
        await LookAsync();
        (await EventsAsync(workspace, "billing.balance_ran_low.v1")).ShouldBe(2);
    }

    [Fact]
    public async Task A_wallet_that_never_had_credits_did_not_run_low()
    {
        var workspace = Guid.CreateVersion7();
        await _database.SaveAsync(workspace, Wallets.Open);

        await LookAsync();

        (await EventsAsync(workspace, "billing.balance_ran_low.v1")).ShouldBe(0);
    }

    [Theory]
    [InlineData("update billing.wallets set posted = posted + 1 where id = '{0}'")]
    [InlineData("update billing.wallets set held = held + 1 where id = '{0}'")]
    [InlineData(
        "update billing.ledger set posted_change = 11, posted = posted + 1 where wallet_id = '{0}' and number = 2"
    )]
    [InlineData("delete from billing.ledger where wallet_id = '{0}' and number = 3")]
    [InlineData("delete from billing.open_holds where wallet_id = '{0}'")]
    [InlineData("update billing.lots set remaining = remaining - 1 where wallet_id = '{0}'")]
    public async Task A_breach_stops_the_billing_of_its_workspace_and_nothing_else(string damage)
    {
        var workspace = await _database.OpenWalletAsync(20_000_000);
        var other = await _database.OpenWalletAsync(20_000_000);
        var held = await _database.HoldAsync(workspace, 5);
        await _database.TamperAsync(string.Format(null, damage, Wallet.IdOf(workspace)));

        await LookAsync();

        (await RefusalAsync(workspace)).ShouldBe(Wallets.Stopped);
        (await RefusalAsync(other)).ShouldBeNull();
        await _database.CaptureAsync(held, 3); // what was accepted before can end
        await _database.SaveAsync(workspace, s => Wallets.Grant(s, Guid.CreateVersion7(), 7, "top_up")); // and money can come
        (await EventsAsync(workspace, "billing.billing_stopped.v1")).ShouldBe(1);
        await LookAsync();
        (await EventsAsync(workspace, "billing.billing_stopped.v1")).ShouldBe(1, "the alarm is given once");

        await _database.RebuildAsync("billing.wallets");
        (await RefusalAsync(workspace)).ShouldBe(Wallets.Stopped, "a rebuild mends the books and decides nothing");
        await _database.AppendAsync(workspace, new BillingResumed());
        (await RefusalAsync(workspace)).ShouldBeNull();
        (await _database.BreachesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Books_that_agree_with_each_other_but_are_older_than_the_stream_are_a_breach()
    {
        var workspace = await _database.OpenWalletAsync(20_000_000);
        await _database.HoldAsync(workspace, 5);
        await _database.TamperAsync(
            $"""
            delete from billing.open_holds where workspace_id = '{workspace}';
            delete from billing.holds where workspace_id = '{workspace}';
            delete from billing.ledger where workspace_id = '{workspace}' and number = 3;
            update billing.wallets set held = 0, version = 2 where workspace_id = '{workspace}'
            """
        );

        await LookAsync();

        (await RefusalAsync(workspace)).ShouldBe(Wallets.Stopped);
        (await _database.BreachesAsync()).ShouldContain(breach => breach.StartsWith("billing.rows_equal_events"));
        await _database.RebuildAsync("billing.wallets");
        (await _database.BreachesAsync()).ShouldBeEmpty();
        (await _database.BalanceAsync(workspace)).ShouldBe(new Balance(20_000_000, 5));
    }

    [Theory]
    [InlineData(1, false, null)]
    [InlineData(2, false, Wallets.Stopped)]
    [InlineData(2, true, null)] // two jobs that ended while it looked, and not one that hangs
    public async Task What_another_module_finds_stops_billing_only_if_the_very_same_is_so_at_a_second_look(
        int looks,
        bool other,
        string? refusal
    )
    {
        var workspace = await _database.OpenWalletAsync(20_000_000);
        _check.Breach = (workspace, looks);
        _check.FindsAnotherEachTime = other;

        await LookAsync();

        (await RefusalAsync(workspace)).ShouldBe(refusal);
    }

    [Fact]
    public async Task Wallets_are_audited_while_they_move_and_each_when_it_has_moved()
    {
        var workspaces = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _database.OpenWalletAsync(20_000_000)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var moving = Task.WhenAll(
            workspaces.Select(async workspace =>
            {
                while (!stop.IsCancellationRequested)
                    await _database.CaptureAsync(await _database.HoldAsync(workspace, 3), 1);
            })
        );
        for (var round = 0; round < 15; round++)
            await LookAsync();
        await stop.CancelAsync();
        await moving;

        foreach (var workspace in workspaces)
            (await RefusalAsync(workspace)).ShouldBeNull();
        await LookAsync();
        _check.Seen.Clear();
        await LookAsync();
        _check.Seen.ShouldBeEmpty("nothing has moved");
        await _database.HoldAsync(workspaces[3], 1);
        await LookAsync();
        _check.Seen.ShouldBe([workspaces[3]]);
    }

    private WalletWatch Watch() =>
        new(
            _database.Store,
            [_holder],
            [_check],
            Options.Create(new BillingSettings()),
            TimeProvider.System,
            NullLogger<WalletWatch>.Instance
        );

    private async Task LookAsync()
    {
        await _database.CatchUpAsync();
        await Watch().PassAsync(Cancel);
    }

    private Task GrantAsync(Guid workspace, long amount, DateTimeOffset expiresAt, Guid? id = null) =>
        _database.SaveAsync(
            workspace,
            session => Wallets.Grant(session, id ?? Guid.CreateVersion7(), amount, "test", expiresAt)
        );

    private Task ExpireHoldAsync(HeldCredits held) =>
        _database.TamperAsync($"update billing.open_holds set expires_at = now() where hold_id = '{held.Hold}'");

    private Task<string?> RefusalAsync(Guid workspace) =>
        BillingDatabase.RefusalOfAsync(() => _database.HoldAsync(workspace, 1));

    private async Task<string> LastEntryAsync(Guid workspace) =>
        (
            await TextsAsync(
                $"select kind || ' ' || reason as value from billing.ledger where workspace_id = '{workspace}' order by number desc limit 1"
            )
        ).Single();

    private Task<List<string>> LotsAsync(Guid workspace) =>
        TextsAsync(
            $"select remaining::text as value from billing.lots where workspace_id = '{workspace}' order by number"
        );

    private async Task<int> EventsAsync(Guid workspace, string type) =>
        int.Parse(
            (
                await TextsAsync(
                    $"select count(*)::text as value from eventing.events where workspace_id = '{workspace}' and type = '{type}'"
                )
            ).Single(),
            null
        );

    private async Task<List<string>> TextsAsync(string query) =>
        [
            .. (await _database.RowsAsync(query)).Select(row =>
                System.Text.Json.Nodes.JsonNode.Parse(row)!["value"]!.GetValue<string>()
            ),
        ];

    private sealed class Holder : IWhenHoldExpires
    {
        public Action<Session, OpenHold>? Ends { get; set; }

        public Task<bool> EndAsync(Session session, OpenHold hold, CancellationToken cancel)
        {
            Ends?.Invoke(session, hold);
            return Task.FromResult(Ends is not null);
        }
    }

    /// <summary>Finds a breach so many times, as a check does that reads two modules at two moments.</summary>
    private sealed class DoubtfulCheck : IWalletCheck
    {
        public string Name => "test.doubtful";

        public (Guid Workspace, int Looks)? Breach { get; set; }

        public bool FindsAnotherEachTime { get; set; }

        public List<Guid> Seen { get; } = [];

        public Task<IReadOnlyList<WalletBreach>> FindAsync(Session session, Guid[] workspaces, CancellationToken cancel)
        {
            Seen.AddRange(workspaces);
            if (Breach is not (var workspace, > 0 and var looks) || !workspaces.Contains(workspace))
                return Task.FromResult<IReadOnlyList<WalletBreach>>([]);
            Breach = (workspace, looks - 1);
            return Task.FromResult<IReadOnlyList<WalletBreach>>([
                new WalletBreach(workspace, FindsAnotherEachTime ? $"job {looks}" : "a job"),
            ]);
        }
    }
}
