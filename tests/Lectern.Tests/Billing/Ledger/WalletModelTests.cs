using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Lectern.Tests.Eventing;
using Microsoft.FSharp.Core;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>
/// Random histories of a wallet, against a model that is a page of plain code: the rules of the fold in memory, and the
/// constraints of Postgres, must accept and refuse the same operations, for the same reason, and have the same balance
/// after each. Some operations come again with the same ids, some crash before anybody knows how they went.
/// </summary>
public sealed class WalletModelTests(BillingDatabase database, ITestOutputHelper output)
    : IClassFixture<BillingDatabase>
{
    private const int Threads = 8;
    private const int Size = 50; // which no generator asks for

    private static readonly string[] EveryOutcome =
    [
        "accepted",
        "billing_not_stopped",
        "captured_within_hold",
        "corrected_once",
        "granted_once",
        "hold_ended_once",
        "hold_placed_once",
        "lot_not_overspent",
        "refund_of_a_capture",
        "refunded_once",
        "refunds_within_capture",
        "wallet_not_overdrawn",
    ];

    private readonly ConcurrentDictionary<string, int> _outcomes = new(StringComparer.Ordinal);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_rules_in_memory_agree_with_a_plain_model_of_a_wallet()
    {
        CheckInTurn(histories: 10_000, Fold);

        void Evolve(ref Wallet wallet, object e, string? refusal)
        {
            if (refusal is null)
                wallet = Wallet.Evolve(wallet, e);
        }

        bool Fold(Operation[] history)
        {
            var model = new PlainWallet();
            var wallet = Wallet.Evolve(Wallet.Initial, new WalletOpened());
            Do(new CreditsGranted(Guid.CreateVersion7(), WalletHistories.Opening, "test"));
            var before = new List<object>();
            foreach (var operation in history)
            {
                if (WalletHistories.EventOf(operation, model, before) is not { } e)
                    continue;
                before.Add(e);
                if (operation.Crashes)
                    wallet.Refusal(e); // decided, and died before it was saved: no trace of it
                Do(e);
            }

            return true;

            void Do(object e)
            {
                var refusal = wallet.Refusal(e);
                Evolve(ref wallet, e, refusal);
                refusal.ShouldBe(model.Do(e), e.ToString());
                Count(refusal);
                (wallet.Posted, wallet.Held).ShouldBe((model.Posted, model.Held));
                wallet
                    .Lots.Select(lot => (lot.Id, lot.Remaining))
                    .ShouldBe(model.Lots.Select(lot => (lot.Id, lot.Left)));
                (wallet.Posted, model.Given - model.Gone).ShouldBe((model.Posted, model.Posted));
                wallet.Held.ShouldBe(wallet.Open.Values.Sum());
                (wallet.Posted - wallet.Held).ShouldBeGreaterThanOrEqualTo(0);
            }
        }
    }

    [Fact]
    public async Task The_database_agrees_with_a_plain_model_of_a_wallet()
    {
        // One for each thread, so that a history loses the answers that it is to lose, and not another's.
        var lines = new ConcurrentBag<LostAnswers>();

        await CheckAtOnceAsync(LedgerProof.Count(full: 2_000, small: 160), RunAsync);

        output.WriteLine($"{lines.Sum(line => line.Proxy.Cuts)} answers to commits were lost");
        lines.Sum(line => line.Proxy.Cuts).ShouldBeGreaterThan(0);
        foreach (var line in lines)
            await line.DisposeAsync();
        (await database.BreachesAsync()).ShouldBeEmpty();

        async Task RunAsync(Operation[] history)
        {
            var line = lines.TryTake(out var free) ? free : new LostAnswers(database.ConnectionString);
            try
            {
                await CompareAsync(history, line);
            }
            finally
            {
                lines.Add(line);
            }
        }

        async Task CompareAsync(Operation[] history, LostAnswers line)
        {
            var workspace = await database.OpenWalletAsync(WalletHistories.Opening);
            var model = new PlainWallet();
            model.Do(new CreditsGranted(Guid.CreateVersion7(), WalletHistories.Opening, "test"));
            var before = new List<object>();
            foreach (var operation in history)
            {
                // The opening lot's id is the database's; nothing of it is asked for by id.
                if (
                    WalletHistories.EventOf(operation, model, before) is not { } e
                    || (e is CreditsExpired expired && expired.Lot == model.Lots[0].Id)
                )
                    continue;
                before.Add(e);
                var refusal = await BillingDatabase.RefusalOfAsync(() =>
                    AppendAsync(operation.Crashes ? line : null, workspace, e)
                );
                refusal.ShouldBe(model.Do(e), operation.ToString());
                Count(refusal);
                (await database.BalanceAsync(workspace)).ShouldBe(new Balance(model.Posted, model.Held));
            }
        }

        // The server does it and the answer is lost; the unit of work has to find out, and must not do it twice.
        async Task AppendAsync(LostAnswers? line, Guid workspace, object e)
        {
            await using var session = (line?.Store ?? database.Store).OpenSession(
                new SessionContext(workspace, "system", Guid.CreateVersion7())
            );
            session.Append<Wallet>(Wallet.IdOf(workspace), e);
            line?.Proxy.CutNextAnswer();
            await session.SaveChangesAsync(Cancel);
        }
    }

    /// <summary>One after the other, so that a history that fails can be made shorter.</summary>
    private void CheckInTurn(int histories, Func<Operation[], bool> run)
    {
        output.WriteLine($"seed {LedgerProof.Seed}, {histories} histories");
        var config = Config
            .QuickThrowOnFailure.WithMaxTest(histories)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(LedgerProof.Seed, 1), FSharpOption<int>.None)));
        Check.One(config, Prop.ForAll(WalletHistories.Arbitrary, run));
        CheckOutcomes();
    }

    private async Task CheckAtOnceAsync(int histories, Func<Operation[], Task> run)
    {
        output.WriteLine($"seed {LedgerProof.Seed}, {histories} histories, {Threads} at a time");
        await Parallel.ForEachAsync(
            WalletHistories.Arbitrary.Generator.Sample(histories, new Rnd(LedgerProof.Seed, 1), Size),
            new ParallelOptions { MaxDegreeOfParallelism = Threads, CancellationToken = Cancel },
            async (history, _) =>
            {
                try
                {
                    await run(history);
                }
                catch (Exception e) when (!Cancel.IsCancellationRequested)
                {
                    throw new ShouldAssertException(string.Join("; ", history.Select(operation => $"{operation}")), e);
                }
            }
        );
        CheckOutcomes();
    }

    private void CheckOutcomes()
    {
        foreach (var (outcome, count) in _outcomes.OrderBy(o => o.Key, StringComparer.Ordinal))
            output.WriteLine($"{outcome}: {count}");
        // A generator that never overdraws or never ends a hold twice would prove little.
        _outcomes.Keys.Order(StringComparer.Ordinal).ShouldBe(EveryOutcome);
    }

    private void Count(string? refusal) => _outcomes.AddOrUpdate(refusal ?? "accepted", 1, (_, count) => count + 1);

    /// <summary>A store on the same database whose answers can get lost.</summary>
    private sealed class LostAnswers : IAsyncDisposable
    {
        public LostAnswers(string connectionString)
        {
            Proxy = new CuttingProxy(connectionString);
            Store = BillingDatabase.StoreOn(Proxy.ConnectionString);
        }

        public CuttingProxy Proxy { get; }

        public EventStore Store { get; }

        public async ValueTask DisposeAsync()
        {
            await Store.DisposeAsync();
            Proxy.Dispose();
        }
    }
}
