using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;

namespace Lectern.Tests.Billing.Ledger;

public sealed class WalletTests
{
    private static readonly Guid Hold = Guid.CreateVersion7();
    private static readonly Guid Job = Guid.CreateVersion7();

    [Fact]
    public void A_hold_sets_credits_aside_and_spends_nothing()
    {
        var wallet = Fold(
            new CreditsGranted(Guid.CreateVersion7(), 20, "sign_up"),
            new CreditsHeld(Hold, Job, 1, 7, "p1")
        );

        (wallet.Posted, wallet.Held).ShouldBe((20, 7));
        wallet.Open.ShouldBe([KeyValuePair.Create(Hold, 7L)]);
    }

    [Fact]
    public void A_capture_of_a_part_spends_the_part_and_frees_the_rest()
    {
        var wallet = Fold(
            new CreditsGranted(Guid.CreateVersion7(), 20, "sign_up"),
            new CreditsHeld(Hold, Job, 1, 7, "p1"),
            new CreditsDeducted(Hold, Job, "audiobook", 7, 3, new Delivery(10))
        );

        (wallet.Posted, wallet.Held).ShouldBe((17, 0));
        wallet.Open.ShouldBeEmpty();
    }

    [Fact]
    public void A_release_frees_all_and_spends_nothing()
    {
        var wallet = Fold(
            new CreditsGranted(Guid.CreateVersion7(), 20, "sign_up"),
            new CreditsHeld(Hold, Job, 1, 7, "p1"),
            new HoldReleased(Hold, Job, 7, "cancelled")
        );

        (wallet.Posted, wallet.Held).ShouldBe((20, 0));
        wallet.Open.ShouldBeEmpty();
    }

    [Fact]
    public void A_wallets_id_follows_from_its_workspace_and_differs_from_it()
    {
        var workspace = Guid.CreateVersion7();

        Wallet.IdOf(workspace).ShouldBe(Wallet.IdOf(workspace));
        Wallet.IdOf(workspace).ShouldNotBe(workspace);
        Wallet.IdOf(workspace).ShouldNotBe(Wallet.IdOf(Guid.CreateVersion7()));
        Wallet.IdOf(workspace).Version.ShouldBe(8);
    }

    private static Wallet Fold(params object[] events) =>
        events.Prepend(new WalletOpened()).Aggregate(Wallet.Initial, Wallet.Evolve);
}
