using System.Collections.Concurrent;
using Lectern.Billing.Contracts;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>Each rule about money, attacked: what stops it is the database.</summary>
public sealed class HoldTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Holds_that_race_for_too_few_credits_never_overdraw_the_wallet()
    {
        const int Threads = 32;
        const int HoldsEach = 200;
        var workspace = await database.OpenWalletAsync(Threads * HoldsEach / 2 * 3);
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForAsync(
            0,
            Threads,
            new ParallelOptions { MaxDegreeOfParallelism = Threads, CancellationToken = Cancel },
            async (_, _) =>
            {
                for (var i = 0; i < HoldsEach; i++)
                    outcomes.Add(
                        await BillingDatabase.RefusalOfAsync(() => database.HoldAsync(workspace, 3)) ?? "accepted"
                    );
            }
        );

        outcomes.Count(o => o == "accepted").ShouldBe(Threads * HoldsEach / 2);
        outcomes.Count(o => o == Wallets.Overdrawn).ShouldBe(Threads * HoldsEach / 2);
        var balance = await database.BalanceAsync(workspace);
        balance.Available.ShouldBe(0);
        balance.Held.ShouldBe(balance.Posted);
    }

    [Fact]
    public async Task A_refused_hold_leaves_no_trace()
    {
        var workspace = await database.OpenWalletAsync(5);

        (await BillingDatabase.RefusalOfAsync(() => database.HoldAsync(workspace, 6))).ShouldBe(Wallets.Overdrawn);

        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(5, 0));
        await using var session = database.Open(workspace);
        (await Wallets.OpenHoldsAsync(session, null, Cancel)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(7)]
    [InlineData(3)]
    [InlineData(0)]
    public async Task A_capture_spends_what_was_delivered_and_frees_the_rest(long captured)
    {
        var workspace = await database.OpenWalletAsync(20);
        var held = await database.HoldAsync(workspace, 7);

        await database.CaptureAsync(held, captured);

        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(20 - captured, 0));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(-1)]
    public async Task A_capture_outside_its_hold_is_refused(long captured)
    {
        var workspace = await database.OpenWalletAsync(20);
        var held = await database.HoldAsync(workspace, 7);

        (await BillingDatabase.RefusalOfAsync(() => database.CaptureAsync(held, captured))).ShouldBe(
            "captured_within_hold"
        );
        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(20, 7));
    }

    [Fact]
    public async Task A_capture_that_claims_a_larger_hold_is_refused()
    {
        var workspace = await database.OpenWalletAsync(20);
        var held = await database.HoldAsync(workspace, 7);

        (await BillingDatabase.RefusalOfAsync(() => database.CaptureAsync(held with { Amount = 9 }, 9))).ShouldBe(
            "hold_ends_its_hold"
        );
    }

    [Fact]
    public async Task A_hold_is_ended_only_for_the_job_and_by_the_wallet_that_placed_it()
    {
        var workspace = await database.OpenWalletAsync(20);
        var held = await database.HoldAsync(workspace, 7);
        var other = await database.OpenWalletAsync(20);
        await database.HoldAsync(other, 7);

        (
            await BillingDatabase.RefusalOfAsync(() =>
                database.CaptureAsync(held with { Job = Guid.CreateVersion7() }, 7)
            )
        ).ShouldBe("hold_ends_its_hold");
        (await BillingDatabase.RefusalOfAsync(() => database.ReleaseAsync(held with { Workspace = other }))).ShouldBe(
            "hold_ends_its_hold"
        );
        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(20, 7));
    }

    [Fact]
    public async Task A_hold_ends_once()
    {
        var workspace = await database.OpenWalletAsync(20);
        var captured = await database.HoldAsync(workspace, 7);
        var released = await database.HoldAsync(workspace, 7);
        await database.CaptureAsync(captured, 7);
        await database.ReleaseAsync(released);

        foreach (var held in (HeldCredits[])[captured, released])
        {
            (await BillingDatabase.RefusalOfAsync(() => database.CaptureAsync(held, 7))).ShouldBe(Wallets.AlreadyEnded);
            (await BillingDatabase.RefusalOfAsync(() => database.ReleaseAsync(held))).ShouldBe(Wallets.AlreadyEnded);
        }

        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(13, 0));
    }

    [Fact]
    public async Task When_a_capture_and_a_release_race_exactly_one_ends_the_hold()
    {
        const int Rounds = 60;
        var workspace = await database.OpenWalletAsync(Rounds);
        long spent = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var held = await database.HoldAsync(workspace, 1);
            var ends = await Task.WhenAll(
                BillingDatabase.RefusalOfAsync(() => database.CaptureAsync(held, 1)),
                BillingDatabase.RefusalOfAsync(() => database.ReleaseAsync(held))
            );

            ends.Order().ShouldBe([null, Wallets.AlreadyEnded]);
            spent += ends[0] is null ? 1 : 0;
        }

        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(Rounds - spent, 0));
    }

    [Fact]
    public async Task A_hold_is_placed_once_and_a_run_has_one()
    {
        var workspace = await database.OpenWalletAsync(20);
        var held = await database.HoldAsync(workspace, 7);

        (await HoldAsync(held.Hold, Guid.CreateVersion7(), run: 1)).ShouldBe("hold_placed_once");
        (await HoldAsync(Guid.CreateVersion7(), held.Job, run: 1)).ShouldBe("one_hold_per_job_run");
        (await HoldAsync(Guid.CreateVersion7(), held.Job, run: 2)).ShouldBeNull();
        (await database.BalanceAsync(workspace)).ShouldBe(new Balance(20, 14));

        Task<string?> HoldAsync(Guid hold, Guid job, int run) =>
            BillingDatabase.RefusalOfAsync(() =>
                database.SaveAsync(workspace, session => Wallets.Hold(session, hold, job, run, 7, "p1"))
            );
    }

    [Fact]
    public async Task Open_holds_are_those_without_an_end()
    {
        var workspace = await database.OpenWalletAsync(20);
        var ended = await database.HoldAsync(workspace, 1);
        var open = await database.HoldAsync(workspace, 2);
        await database.ReleaseAsync(ended);

        await using var session = database.Open(workspace);
        var holds = await Wallets.OpenHoldsAsync(session, null, Cancel);

        var hold = holds.ShouldHaveSingleItem();
        (hold.Hold, hold.Workspace, hold.Job, hold.Run, hold.Amount).ShouldBe((open.Hold, workspace, open.Job, 1, 2));
    }

    [Fact]
    public void The_refusal_says_what_is_missing()
    {
        var problem = Wallets.InsufficientCredits(needed: 9_400_000, available: 1_250_000);

        problem.Type.Status.ShouldBe(402);
        problem.Type.Urn.ShouldBe("urn:lectern:billing:insufficient-credits");
        problem.Extensions["needed"].ShouldBe("9.4");
        problem.Extensions["available"].ShouldBe("1.25");
        problem.Extensions["missing"].ShouldBe("8.15");
    }
}
