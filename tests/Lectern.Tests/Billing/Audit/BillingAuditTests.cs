using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.SharedKernel;

namespace Lectern.Tests.Billing.Audit;

/// <summary>
/// Every check finds nothing in an honest database and finds the breach that it is for. To plant most of them the
/// constraint that forbids them has to be dropped first, so each test has a database of its own.
/// </summary>
public sealed class BillingAuditTests : IAsyncLifetime
{
    private readonly BillingDatabase _database = new();
    private Guid _workspace;
    private HeldCredits _captured = null!;
    private HeldCredits _open = null!;
    private readonly CallerKey _key = new(Guid.CreateVersion7(), new HashSet<string>(), CreditCap: 80);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _database.InitializeAsync();
        _workspace = await _database.OpenWalletAsync(1000);
        _captured = await _database.HoldAsync(_workspace, 100);
        await _database.CaptureAsync(_captured, 60);
        _open = await _database.HoldAsync(_workspace, 50, _key);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task An_honest_database_has_no_breach_while_it_is_written_to()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writing = Parallel.ForAsync(
            0,
            4,
            Cancel,
            async (_, _) =>
            {
                while (!stop.IsCancellationRequested)
                    await _database.CaptureAsync(await _database.HoldAsync(_workspace, 1), 0);
            }
        );

        var breaches = new List<string>();
        for (var round = 0; round < 20; round++)
            breaches.AddRange(await BreachesAsync());
        await stop.CancelAsync();
        await writing;

        breaches.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(
        "billing.nothing_is_overdrawn",
        "alter table billing.wallets drop constraint wallet_not_overdrawn; update billing.wallets set held = posted + 1"
    )]
    [InlineData("billing.balance_is_the_sum_of_the_ledger", "update billing.wallets set posted = posted + 1")]
    [InlineData("billing.held_is_the_sum_of_open_holds", "update billing.wallets set held = held - 1")]
    [InlineData(
        "billing.running_balance_is_continuous",
        "update billing.ledger set posted = posted + 1 where number = 3"
    )]
    [InlineData("billing.running_balance_is_continuous", "delete from billing.ledger where number = 3")]
    [InlineData(
        "billing.hold_ends_at_most_once",
        """
            alter table billing.hold_ends drop constraint hold_ended_once;
            alter table billing.hold_ends drop constraint hold_ends_of_wallet cascade;
            insert into billing.hold_ends select * from billing.hold_ends
            """
    )]
    [InlineData(
        "billing.capture_is_within_its_hold",
        "alter table billing.hold_ends drop constraint captured_within_hold; update billing.hold_ends set captured = 101"
    )]
    [InlineData(
        "billing.run_is_captured_at_most_once",
        """
            alter table billing.holds drop constraint one_hold_per_job_run;
            insert into billing.holds
            select gen_random_uuid(), wallet_id, workspace_id, job_id, run, amount, price_version, held_at
            from billing.holds where run = 1 and amount = 100;
            insert into billing.hold_ends
            select id, wallet_id, workspace_id, job_id, amount, 'captured', 1, now() from billing.holds
            where amount = 100 on conflict do nothing
            """
    )]
    [InlineData(
        "billing.rows_equal_events",
        """
            update billing.ledger set posted_change = posted_change + 1, posted = posted + 1 where number = 2;
            update billing.ledger set posted = posted + 1 where number > 2;
            update billing.wallets set posted = posted + 1
            """
    )]
    [InlineData("billing.rows_equal_events", "update billing.wallets set version = version + 1")]
    [InlineData("billing.spending_is_the_sum_of_its_holds", "update billing.spending set used = used + 1")]
    [InlineData("billing.spending_is_the_sum_of_its_holds", "delete from billing.spending where period = 'month'")]
    [InlineData("billing.open_holds_are_those_without_an_end", "delete from billing.open_holds")]
    [InlineData("billing.open_holds_are_those_without_an_end", "update billing.open_holds set amount = amount + 1")]
    [InlineData("billing.credits_come_from_lots", "update billing.lots set remaining = remaining - 1")]
    [InlineData("billing.credits_are_conserved", "update billing.lots set amount = amount + 1")]
    [InlineData("billing.refunds_are_within_their_capture", "update billing.hold_ends set refunded = 1")]
    [InlineData("billing.events_keep_the_rules", "update billing.lots set remaining = remaining - 1")]
    [InlineData(
        "billing.accepted_quotes_are_what_was_held",
        """
            insert into billing.price_lists (version, lines, minimums) values ('p1', '[]', '{}');
            insert into billing.quotes (id, workspace_id, kind, fingerprint, price_version, low, expected, high, ordered, lines,
                valid_until, job_id, run)
            select gen_random_uuid(), workspace_id, 'audiobook', '', 'p1', 1, 1, 101, 1, '[]', now(), job_id, run
            from billing.holds where amount = 100
            """
    )]
    [InlineData(
        "billing.events_keep_the_rules",
        """
            alter table billing.wallets drop constraint wallet_not_overdrawn;
            update eventing.events set data = jsonb_set(data, '{amount}', '5000') where type = 'billing.credits_held.v1'
            """
    )]
    public async Task Each_check_finds_the_breach_that_it_is_for(string check, string plant)
    {
        (await BreachesAsync()).ShouldBeEmpty();

        await _database.TamperAsync(plant);

        var found = await BreachesAsync();
        found.ShouldContain(
            breach => breach.StartsWith(check + ": ", StringComparison.Ordinal),
            string.Join('\n', found)
        );
        found.ShouldAllBe(breach => breach.Contains(Wallet.IdOf(_workspace).ToString()) || HasHoldOrJob(breach));
    }

    [Fact]
    public async Task Wallets_are_compared_many_at_a_time_and_one_that_is_longer_than_a_page_in_parts()
    {
        var wallets = new List<Guid>();
        foreach (var grants in (int[])[3, 2_500, 0, 4])
        {
            var workspace = await _database.OpenWalletAsync(1000);
            wallets.Add(Wallet.IdOf(workspace));
            await _database.SaveAsync(
                workspace,
                session =>
                {
                    for (var i = 0; i < grants; i++)
                        Wallets.Grant(session, Guid.CreateVersion7(), 1, "test");
                }
            );
        }

        (await BreachesAsync()).ShouldBeEmpty();
        var wrong = wallets.Zip([5, 2_100, 2, 3]).ToList(); // each wallet's entries are numbered from 2
        foreach (var (wallet, number) in wrong)
            await _database.TamperAsync(
                $"update billing.ledger set posted_change = posted_change + 1 where wallet_id = '{wallet}' and number = {number}"
            );

        (await BreachesAsync())
            .Where(breach => breach.StartsWith("billing.rows_equal_events", StringComparison.Ordinal))
            .ShouldBe(
                wrong.Select(each =>
                    $"billing.rows_equal_events: entry {each.Second} of wallet {each.First} is not what its event says"
                ),
                ignoreOrder: true
            );
    }

    private bool HasHoldOrJob(string breach) =>
        ((Guid[])[_captured.Hold, _captured.Job, _open.Hold, _key.Id]).Any(id => breach.Contains(id.ToString()));

    private Task<List<string>> BreachesAsync() => _database.BreachesAsync();
}
