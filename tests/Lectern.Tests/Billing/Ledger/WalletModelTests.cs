using FsCheck;
using FsCheck.Fluent;
using Lectern.Billing.Contracts;
using Microsoft.FSharp.Core;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>
/// Random histories of a wallet, against a model that is a few lines of plain code: Postgres must accept and refuse the
/// same operations, for the same reason, and have the same balance after each.
/// </summary>
public sealed class WalletModelTests(BillingDatabase database, ITestOutputHelper output)
    : IClassFixture<BillingDatabase>
{
    private const ulong Seed = 20261001;
    private const int Histories = 300;
    private const int LongestHistory = 40;

    [Fact]
    public async Task The_database_agrees_with_a_plain_model_of_a_wallet()
    {
        output.WriteLine($"seed {Seed}");
        var histories = Operations
            .ListOf(LongestHistory)
            .SelectMany(_ => Gen.Choose(1, LongestHistory), (all, length) => all.Take(length).ToArray());
        var outcomes = new Dictionary<string, int>(StringComparer.Ordinal);

        var config = Config
            .QuickThrowOnFailure.WithMaxTest(Histories)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(Seed, 1), FSharpOption<int>.None)));
        var property = Prop.ForAll(Arb.From(histories, Shorter), history => RunAsync(history, outcomes));
        // FsCheck waits for the property on the thread that it is called on.
        await Task.Run(() => Check.One(config, property), TestContext.Current.CancellationToken);

        foreach (var (outcome, count) in outcomes.OrderBy(o => o.Key, StringComparer.Ordinal))
            output.WriteLine($"{outcome}: {count}");
        // A generator that never overdraws or never ends a hold twice would prove little.
        outcomes
            .Keys.Order()
            .ShouldBe([
                "accepted",
                "captured_within_hold",
                "hold_ended_once",
                "hold_ends_its_hold",
                "wallet_not_overdrawn",
            ]);
        outcomes.Values.Min().ShouldBeGreaterThan(20);
    }

    private static Gen<Operation> Operations { get; } =
        Gen.Frequency(
            (1, Gen.Choose(1, 30).Select(amount => new Operation(Act.Grant, 0, amount))),
            (4, Gen.Choose(0, 25).Select(amount => new Operation(Act.Hold, 0, amount))),
            (
                4,
                Gen.Choose(0, 7)
                    .SelectMany(_ => Gen.Choose(0, 30), (hold, part) => new Operation(Act.Capture, hold, part))
            ),
            (2, Gen.Choose(0, 7).Select(hold => new Operation(Act.Release, hold, 0)))
        );

    private static IEnumerable<Operation[]> Shorter(Operation[] history) =>
        history.Select((_, i) => history.Where((_, j) => j != i).ToArray());

    private async Task RunAsync(Operation[] history, Dictionary<string, int> outcomes)
    {
        var workspace = await database.OpenWalletAsync(40);
        var model = new Model();
        model.Grant(40);
        var holds = new List<HeldCredits>();
        foreach (var operation in history)
        {
            var hold = holds.Count == 0 ? null : holds[operation.Target % holds.Count];
            string? expected,
                actual;
            switch (operation.Act)
            {
                case Act.Grant:
                    expected = model.Grant(operation.Amount);
                    actual = await BillingDatabase.RefusalOfAsync(() =>
                        database.SaveAsync(
                            workspace,
                            session => Wallets.Grant(session, Guid.CreateVersion7(), operation.Amount, "test")
                        )
                    );
                    break;
                case Act.Hold:
                    var placed = new HeldCredits(
                        workspace,
                        Guid.CreateVersion7(),
                        Guid.CreateVersion7(),
                        operation.Amount
                    );
                    holds.Add(placed);
                    expected = model.Hold(placed.Hold, placed.Amount);
                    actual = await BillingDatabase.RefusalOfAsync(() =>
                        database.SaveAsync(
                            workspace,
                            session => Wallets.Hold(session, placed.Hold, placed.Job, 1, placed.Amount, "p1")
                        )
                    );
                    break;
                case Act.Capture when hold is not null:
                    expected = model.End(hold.Hold, hold.Amount, operation.Amount);
                    actual = await BillingDatabase.RefusalOfAsync(() => database.CaptureAsync(hold, operation.Amount));
                    break;
                case Act.Release when hold is not null:
                    expected = model.End(hold.Hold, hold.Amount, 0);
                    actual = await BillingDatabase.RefusalOfAsync(() => database.ReleaseAsync(hold));
                    break;
                default:
                    continue;
            }

            actual.ShouldBe(expected, operation.ToString());
            (await database.BalanceAsync(workspace)).ShouldBe(new Balance(model.Posted, model.Held));
            outcomes[actual ?? "accepted"] = outcomes.GetValueOrDefault(actual ?? "accepted") + 1;
        }
    }

    private enum Act
    {
        Grant,
        Hold,
        Capture,
        Release,
    }

    private sealed record Operation(Act Act, int Target, int Amount);

    /// <summary>A wallet as one would write it with no database: each call gives the refusal, or null.</summary>
    private sealed class Model
    {
        private readonly Dictionary<Guid, bool> _ended = [];

        public long Posted { get; private set; }

        public long Held { get; private set; }

        public string? Grant(long amount)
        {
            Posted += amount;
            return null;
        }

        public string? Hold(Guid hold, long amount)
        {
            if (Held + amount > Posted)
                return "wallet_not_overdrawn";
            Held += amount;
            _ended.Add(hold, false);
            return null;
        }

        public string? End(Guid hold, long amount, long captured)
        {
            if (captured > amount)
                return "captured_within_hold";
            if (!_ended.TryGetValue(hold, out var ended))
                return "hold_ends_its_hold";
            if (ended)
                return "hold_ended_once";
            Posted -= captured;
            Held -= amount;
            _ended[hold] = true;
            return null;
        }
    }
}
