using Lectern.Billing.Ledger;
using Lectern.Billing.Spend;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Billing;

/// <summary>What it costs: wallets, prices, quotes, holds, the ledger.</summary>
public sealed class BillingModule : IModule
{
    /// <inheritdoc/>
    public string Name => "billing";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => BillingProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration) { }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(BillingModule).Assembly);
        eventing.Event("billing.wallet_opened.v1", BillingJson.Default.WalletOpened);
        eventing.Event("billing.credits_granted.v1", BillingJson.Default.CreditsGranted);
        eventing.Event("billing.credits_held.v1", BillingJson.Default.CreditsHeld);
        eventing.Event("billing.credits_deducted.v1", BillingJson.Default.CreditsDeducted);
        eventing.Event("billing.hold_released.v1", BillingJson.Default.HoldReleased);
        eventing.Stream("wallet", Wallet.Initial, Wallet.Evolve, BillingJson.Default.Wallet);
        eventing.Project(new WalletProjection());
        eventing.Project(new SpendByDayProjection());
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api) { }
}
