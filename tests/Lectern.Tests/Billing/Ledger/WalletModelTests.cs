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
    public async Task The_rules_in_memory_agree_with_a_plain_model_of_a_wallet()
    {
        const int Histories = 10_000;
        await CheckAsync(Histories, threads: 1, history => Task.FromResult(Fold(history)));

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
        using var proxy = new CuttingProxy(database.ConnectionString);
        await using var cut = BillingDatabase.StoreOn(proxy.ConnectionString);

        await CheckAsync(LedgerProof.Count(full: 2_000, small: 160), Threads, RunAsync);

        output.WriteLine($"{proxy.Cuts} answers to commits were lost");
        proxy.Cuts.ShouldBeGreaterThan(0);
        (await database.BreachesAsync()).ShouldBeEmpty();

        async Task<bool> RunAsync(Operation[] history)
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
                    AppendAsync(operation.Crashes ? cut : database.Store, workspace, e, operation.Crashes)
                );
                refusal.ShouldBe(model.Do(e), operation.ToString());
                Count(refusal);
                (await database.BalanceAsync(workspace)).ShouldBe(new Balance(model.Posted, model.Held));
            }

            return true;
        }

        // The server does it and the answer is lost; the unit of work has to find out, and must not do it twice.
        async Task AppendAsync(EventStore store, Guid workspace, object e, bool crashes)
        {
            await using var session = store.OpenSession(new SessionContext(workspace, "system", Guid.CreateVersion7()));
            session.Append<Wallet>(Wallet.IdOf(workspace), e);
            if (crashes)
                proxy.CutNextAnswer();
            await session.SaveChangesAsync(Cancel);
        }
    }

    private async Task CheckAsync(int histories, int threads, Func<Operation[], Task<bool>> run)
    {
        output.WriteLine($"seed {LedgerProof.Seed}, {histories} histories, {threads} at a time");
        var config = Config
            .QuickThrowOnFailure.WithMaxTest(histories)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(LedgerProof.Seed, 1), FSharpOption<int>.None)))
            .WithParallelRunConfig(
                threads == 1
                    ? FSharpOption<ParallelRunConfig>.None
                    : FSharpOption<ParallelRunConfig>.Some(new ParallelRunConfig(threads))
            );
        // FsCheck waits for the property on the thread that it is called on.
        await Task.Run(() => Check.One(config, Prop.ForAll(WalletHistories.Arbitrary, run)), Cancel);

        foreach (var (outcome, count) in _outcomes.OrderBy(o => o.Key, StringComparer.Ordinal))
            output.WriteLine($"{outcome}: {count}");
        // A generator that never overdraws or never ends a hold twice would prove little.
        _outcomes.Keys.Order(StringComparer.Ordinal).ShouldBe(EveryOutcome);
    }

    private void Count(string? refusal) => _outcomes.AddOrUpdate(refusal ?? "accepted", 1, (_, count) => count + 1);
}
