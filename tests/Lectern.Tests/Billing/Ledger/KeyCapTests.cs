using System.Collections.Concurrent;
using System.Text;
using Lectern.Billing;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>An API key's own cap: what it holds and has spent never exceeds it, and what was not spent comes back.</summary>
public sealed class KeyCapTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Holds_that_race_with_one_key_never_exceed_its_cap()
    {
        const int Threads = 32;
        var workspace = await database.OpenWalletAsync(1_000_000);
        var key = Key(cap: 100);
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForAsync(
            0,
            Threads,
            new ParallelOptions { MaxDegreeOfParallelism = Threads, CancellationToken = Cancel },
            async (_, _) =>
            {
                for (var i = 0; i < 10; i++)
                    outcomes.Add(
                        await BillingDatabase.RefusalOfAsync(() => database.HoldAsync(workspace, 3, key)) ?? "accepted"
                    );
            }
        );

        outcomes.Count(o => o == "accepted").ShouldBe(33);
        outcomes.Count(o => o == Wallets.KeyCapReached).ShouldBe(Threads * 10 - 33);
        (await UsedAsync(key)).ShouldBe(99);
        (await database.BalanceAsync(workspace)).Held.ShouldBe(99);
    }

    [Fact]
    public async Task What_is_not_captured_is_the_keys_again_and_what_is_captured_is_not()
    {
        var workspace = await database.OpenWalletAsync(1000);
        var key = Key(cap: 100);

        var released = await database.HoldAsync(workspace, 100, key);
        (await RefusalAsync(workspace, 1, key)).ShouldBe(Wallets.KeyCapReached);
        await database.ReleaseAsync(released);
        (await UsedAsync(key)).ShouldBe(0);

        await database.CaptureAsync(await database.HoldAsync(workspace, 100, key), 60);
        (await UsedAsync(key)).ShouldBe(60);
        (await RefusalAsync(workspace, 41, key)).ShouldBe(Wallets.KeyCapReached);
        (await RefusalAsync(workspace, 40, key)).ShouldBeNull();
    }

    [Fact]
    public async Task Each_key_has_its_own_and_people_have_none()
    {
        var workspace = await database.OpenWalletAsync(1000);
        var (first, second, uncapped) = (Key(cap: 10), Key(cap: 10), Key(cap: null));

        await database.HoldAsync(workspace, 10, first);
        (await RefusalAsync(workspace, 10, second)).ShouldBeNull();
        (await RefusalAsync(workspace, 500, uncapped)).ShouldBeNull();
        (await RefusalAsync(workspace, 400, null)).ShouldBeNull();

        (await UsedAsync(uncapped)).ShouldBe(500);
    }

    [Fact]
    public async Task A_cap_does_not_lift_what_the_wallet_has()
    {
        var workspace = await database.OpenWalletAsync(10);

        (await RefusalAsync(workspace, 11, Key(cap: 100))).ShouldBe(Wallets.Overdrawn);
    }

    [Fact]
    public async Task The_refusal_says_cap_used_and_needed()
    {
        var workspace = await database.OpenWalletAsync(20_000_000);
        var key = Key(cap: 5_000_000);
        await database.HoldAsync(workspace, 3_500_000, key);
        var violated = await Should.ThrowAsync<ConstraintViolatedException>(() =>
            database.HoldAsync(workspace, 1_600_000, key)
        );

        Wallets.Refuses(violated).ShouldBeTrue();
        await using var session = database.Open(workspace);
        var problem = await Wallets.RefusalAsync(session, violated, 1_600_000, key, Cancel);

        problem.Type.Status.ShouldBe(402);
        problem.Type.Urn.ShouldBe("urn:lectern:billing:key-cap-reached");
        problem.Extensions.ShouldBe(
            new Dictionary<string, object?>
            {
                ["needed"] = "1.6",
                ["used"] = "3.5",
                ["cap"] = "5",
                ["period"] = "ever",
            },
            ignoreOrder: true
        );
    }

    [Fact]
    public void A_hold_that_was_stored_before_keys_had_caps_still_loads()
    {
        const string Stored =
            """{"hold":"019b7dc2-1f2e-7c54-8d7e-0a53c2f1b6ab","job":"019b7dc2-1f2e-7c54-8d7e-0a53c2f1b6ac","run":1,"amount":7,"priceVersion":"p1"}""";

        var held = System.Text.Json.JsonSerializer.Deserialize(Stored, BillingJson.Default.CreditsHeld)!;

        (held.Amount, held.ApiKey, held.KeyCap).ShouldBe((7, null, null));
        Encoding
            .UTF8.GetString(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(held, BillingJson.Default.CreditsHeld))
            .ShouldBe(Stored);
    }

    private static CallerKey Key(long? cap) => new(Guid.CreateVersion7(), new HashSet<string>(), cap);

    private Task<string?> RefusalAsync(Guid workspace, long amount, CallerKey? key) =>
        BillingDatabase.RefusalOfAsync(() => database.HoldAsync(workspace, amount, key));

    private async Task<long> UsedAsync(CallerKey key)
    {
        var rows = await database.RowsAsync(
            $"select used from billing.spending where api_key = '{key.Id}' and period = 'ever'"
        );
        return System.Text.Json.Nodes.JsonNode.Parse(rows.Single())!["used"]!.GetValue<long>();
    }
}
