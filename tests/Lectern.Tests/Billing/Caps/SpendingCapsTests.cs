using System.Collections.Concurrent;
using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.SharedKernel;

namespace Lectern.Tests.Billing.Caps;

/// <summary>Caps by day and month, attacked: the database holds them, whoever races.</summary>
public sealed class SpendingCapsTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task Holds_that_race_never_exceed_a_cap(bool daily, bool ofKey)
    {
        var workspace = await database.OpenWalletAsync(100_000);
        var key = Key();
        await SetAsync(workspace, ofKey ? key : null, daily ? 100 : null, daily ? null : 100);
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForAsync(
            0,
            16,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel },
            async (_, _) =>
            {
                for (var i = 0; i < 10; i++)
                    outcomes.Add(await RefusalAsync(workspace, 3, ofKey ? key : null) ?? "accepted");
            }
        );

        outcomes.Count(outcome => outcome == "accepted").ShouldBe(33);
        outcomes
            .Count(outcome => outcome == (ofKey ? Wallets.KeyCapReached : Wallets.WorkspaceCapReached))
            .ShouldBe(160 - 33);
        (await database.BalanceAsync(workspace)).Held.ShouldBe(99);
        // Of this wallet: other tests here turn back what was spent, as the audit notices.
        (await database.BreachesAsync()).ShouldNotContain(breach => breach.Contains($"{Wallet.IdOf(workspace)}"));
    }

    [Fact]
    public async Task What_was_not_captured_can_be_spent_again()
    {
        var workspace = await database.OpenWalletAsync(100_000);
        await SetAsync(workspace, null, 100, null);
        var held = await database.HoldAsync(workspace, 90);
        (await RefusalAsync(workspace, 11)).ShouldBe(Wallets.WorkspaceCapReached);

        await database.CaptureAsync(held, 40);

        (await RefusalAsync(workspace, 61)).ShouldBe(Wallets.WorkspaceCapReached);
        (await RefusalAsync(workspace, 60)).ShouldBeNull();
    }

    [Fact]
    public async Task Another_day_and_another_month_begin_at_nothing()
    {
        var workspace = await database.OpenWalletAsync(100_000);
        await SetAsync(workspace, null, 100, 150);
        await database.HoldAsync(workspace, 100);
        (await RefusalAsync(workspace, 1)).ShouldBe(Wallets.WorkspaceCapReached);

        await TurnBackAsync(workspace, "day", 1);
        (await RefusalAsync(workspace, 51)).ShouldBe(Wallets.WorkspaceCapReached, "the month's");
        (await RefusalAsync(workspace, 50)).ShouldBeNull();

        await TurnBackAsync(workspace, "month", 31);
        (await RefusalAsync(workspace, 50)).ShouldBeNull();
    }

    [Fact]
    public async Task A_lower_cap_refuses_the_next_hold_and_lets_end_what_runs()
    {
        var workspace = await database.OpenWalletAsync(100_000);
        var held = await database.HoldAsync(workspace, 90);

        await SetAsync(workspace, null, 10, null);

        (await RefusalAsync(workspace, 1)).ShouldBe(Wallets.WorkspaceCapReached);
        (await RefusalAsync(workspace, 0)).ShouldBeNull("what costs nothing is within every cap");
        await database.CaptureAsync(held, 5);
        (await RefusalAsync(workspace, 6)).ShouldBe(Wallets.WorkspaceCapReached);
        (await RefusalAsync(workspace, 5)).ShouldBeNull();
        await SetAsync(workspace, null, null, null);
        (await RefusalAsync(workspace, 5000)).ShouldBeNull();
    }

    [Fact]
    public async Task One_keys_caps_are_not_anothers()
    {
        var workspace = await database.OpenWalletAsync(100_000);
        var (first, second) = (Key(), Key());
        await SetAsync(workspace, first, 10, null);

        (await RefusalAsync(workspace, 11, first)).ShouldBe(Wallets.KeyCapReached);
        (await RefusalAsync(workspace, 11, second)).ShouldBeNull();
        (await RefusalAsync(workspace, 11)).ShouldBeNull();
        (await RefusalAsync(workspace, 10, first)).ShouldBeNull();
    }

    private static CallerKey Key() => new(Guid.CreateVersion7(), new HashSet<string>(), CreditCap: null);

    private Task SetAsync(Guid workspace, CallerKey? key, long? daily, long? monthly) =>
        database.AppendAsync(workspace, new SpendingCapsSet(key?.Id, daily, monthly));

    private Task<string?> RefusalAsync(Guid workspace, long amount, CallerKey? key = null) =>
        BillingDatabase.RefusalOfAsync(() => database.HoldAsync(workspace, amount, key));

    // As if what was spent today had been spent so many days ago.
    private Task TurnBackAsync(Guid workspace, string period, int days) =>
        database.TamperAsync(
            $"update billing.spending set starts = starts - {days} where workspace_id = '{workspace}' and period = '{period}'"
        );
}
