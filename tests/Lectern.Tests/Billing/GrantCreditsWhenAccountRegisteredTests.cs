using Lectern.Accounts.Contracts;
using Lectern.Billing;
using Lectern.Billing.Contracts;
using Lectern.Billing.Pricing;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Billing;

public sealed class GrantCreditsWhenAccountRegisteredTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    private static readonly BillingSettings Settings = new();

    [Fact]
    public async Task A_new_account_gets_the_credits_of_the_setting()
    {
        var account = new AccountRegistered(Guid.CreateVersion7(), Guid.CreateVersion7());

        await RegisterAsync(account);

        (await database.BalanceAsync(account.Workspace)).ShouldBe(new Balance(20 * Credits.Micro, 0));
    }

    [Fact]
    public async Task Applied_twice_in_one_sign_up_it_refuses_the_sign_up()
    {
        var account = new AccountRegistered(Guid.CreateVersion7(), Guid.CreateVersion7());

        await Should.ThrowAsync<ConcurrencyException>(() => RegisterAsync(account, times: 2));

        (await database.BalanceAsync(account.Workspace)).ShouldBe(new Balance(0, 0));
    }

    [Fact]
    public async Task Applied_again_later_it_grants_nothing()
    {
        var account = new AccountRegistered(Guid.CreateVersion7(), Guid.CreateVersion7());
        await RegisterAsync(account);

        await Should.ThrowAsync<ConcurrencyException>(() => RegisterAsync(account));

        (await database.BalanceAsync(account.Workspace)).Posted.ShouldBe(20 * Credits.Micro);
    }

    [Fact]
    public async Task A_person_is_granted_once_and_not_once_per_workspace()
    {
        var account = new AccountRegistered(Guid.CreateVersion7(), Guid.CreateVersion7());
        await RegisterAsync(account);
        var second = account with { Workspace = Guid.CreateVersion7() };

        (await BillingDatabase.RefusalOfAsync(() => RegisterAsync(second))).ShouldBe("granted_once");

        (await database.BalanceAsync(second.Workspace)).ShouldBe(new Balance(0, 0));
    }

    [Fact]
    public async Task When_the_setting_is_zero_the_wallet_is_opened_empty()
    {
        var account = new AccountRegistered(Guid.CreateVersion7(), Guid.CreateVersion7());

        await RegisterAsync(account, settings: new BillingSettings { SignUpCredits = 0 });

        (await BillingDatabase.RefusalOfAsync(() => database.HoldAsync(account.Workspace, 1))).ShouldBe(
            Wallets.Overdrawn
        );
    }

    private Task RegisterAsync(AccountRegistered account, int times = 1, BillingSettings? settings = null) =>
        database.SaveAsync(
            account.Workspace,
            session =>
            {
                var grant = new GrantCreditsWhenAccountRegistered(Options.Create(settings ?? Settings));
                for (var i = 0; i < times; i++)
                    grant.Apply(session, account);
            }
        );
}
