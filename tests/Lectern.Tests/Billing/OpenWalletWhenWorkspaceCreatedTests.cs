using Lectern.Accounts.Contracts;
using Lectern.Billing;
using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Tests.Billing;

public sealed class OpenWalletWhenWorkspaceCreatedTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    [Fact]
    public async Task A_new_workspace_has_a_wallet_without_credits()
    {
        var created = new WorkspaceCreated(Guid.CreateVersion7(), Guid.CreateVersion7());

        await CreateAsync(created);

        (await database.BalanceAsync(created.Workspace)).ShouldBe(new Balance(0, 0));
        // Refused by the wallet's own rule, which a missing wallet couldn't.
        (await BillingDatabase.RefusalOfAsync(() => database.HoldAsync(created.Workspace, 1))).ShouldBe(
            Wallets.Overdrawn
        );
    }

    [Fact]
    public async Task A_workspace_has_one_wallet()
    {
        var created = new WorkspaceCreated(Guid.CreateVersion7(), Guid.CreateVersion7());
        await CreateAsync(created);

        await Should.ThrowAsync<ConcurrencyException>(() => CreateAsync(created));
    }

    private Task CreateAsync(WorkspaceCreated created) =>
        database.SaveAsync(created.Workspace, session => new OpenWalletWhenWorkspaceCreated().Apply(session, created));
}
