using Lectern.Accounts.Contracts;
using Lectern.Billing.Audit;
using Lectern.Billing.Caps;
using Lectern.Billing.Codes;
using Lectern.Billing.Contracts;
using Lectern.Billing.Corrections;
using Lectern.Billing.Ledger;
using Lectern.Billing.Pricing;
using Lectern.Billing.ProviderCalls;
using Lectern.Billing.Spend;
using Lectern.Billing.TopUps;
using Lectern.Billing.Watch;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Billing;

/// <summary>What it costs: wallets, prices, quotes, holds, the ledger.</summary>
public sealed class BillingModule : IModule
{
    /// <inheritdoc/>
    public string Name => "billing";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => BillingProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<BillingSettings>(configuration, "Billing");
        services.AddSingleton<IValidateOptions<BillingSettings>, PriceListRule>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<BillingSettings>>().Value.ToPrices());
        services.AddSingleton(provider => new Quotes(
            TimeSpan.FromMinutes(provider.GetRequiredService<IOptions<BillingSettings>>().Value.QuoteMinutes)
        ));
        services.AddHostedService<PublishPrices>();
        services.AddSingleton<QuoteSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<QuoteSweep>());
        services.AddSingleton<IErasePart, QuotesErasure>();
        services.AddSingleton<IWhenAccountRegistered, GrantCreditsWhenAccountRegistered>();
        services.AddSingleton<IWhenWorkspaceCreated, OpenWalletWhenWorkspaceCreated>();
        services.AddSingleton<IMePart, CreditsOfMe>();
        services.AddSingleton<IExportPart, LedgerExport>();
        services.AddSettings<PaymentSettings>(configuration, "Billing:Payments");
        services.AddSingleton<PaymentIntake>();
        services.AddSingleton<IErasePart, NotesErasure>();
        services.AddSingleton<WalletWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<WalletWatch>());
        services.AddSettings<ProviderCallSettings>(configuration, "Billing");
        services.AddSingleton(provider => new RecordedCalls(
            provider.GetRequiredService<EventStore>(),
            provider.GetRequiredService<IOptions<ProviderCallSettings>>(),
            provider.GetRequiredService<ILogger<RecordedCalls>>()
        ));
        services.AddSingleton<CallSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<CallSweep>());
        services.AddSingleton<IAuditCheck, CallsEndOnce>();
        services.AddSingleton<IAuditCheck, RowsEqualEvents>();
        services.AddSingleton<IAuditCheck, EventsKeepTheRules>();
        foreach (var (name, sql) in RowsAgree.Queries)
            services.AddSingleton<IAuditCheck>(provider => new RowsAgree(
                provider.GetRequiredService<EventStore>(),
                name,
                sql
            ));
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(BillingModule).Assembly);
        eventing.Event("billing.wallet_opened.v1", BillingJson.Default.WalletOpened);
        eventing.Event("billing.credits_granted.v1", BillingJson.Default.CreditsGranted);
        eventing.Event("billing.credits_held.v1", BillingJson.Default.CreditsHeld);
        eventing.Event("billing.credits_deducted.v1", BillingJson.Default.CreditsDeducted);
        eventing.Event("billing.hold_released.v1", BillingJson.Default.HoldReleased);
        eventing.Event("billing.credits_expired.v1", BillingJson.Default.CreditsExpired);
        eventing.Event("billing.credits_refunded.v1", BillingJson.Default.CreditsRefunded);
        eventing.Event("billing.credits_corrected.v1", BillingJson.Default.CreditsCorrected);
        eventing.Event("billing.spending_caps_set.v1", BillingJson.Default.SpendingCapsSet);
        eventing.Event("billing.balance_ran_low.v1", BillingJson.Default.BalanceRanLow);
        eventing.Event("billing.billing_stopped.v1", BillingJson.Default.BillingStopped);
        eventing.Event("billing.billing_resumed.v1", BillingJson.Default.BillingResumed);
        eventing.Stream("wallet", Wallet.Initial, Wallet.Evolve, BillingJson.Default.Wallet);
        eventing.Project(new WalletProjection());
        eventing.Project(new SpendByDayProjection());
        eventing.Project(new WalletActivityProjection());
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        PricesEndpoint.Map(api);
        GetCreditsEndpoint.Map(api);
        ListLedgerEndpoint.Map(api);
        WalletHistoryEndpoints.Map(api);
        GetStatementEndpoint.Map(api);
        ResumeBillingEndpoint.Map(api);
        CapsEndpoints.Map(api);
        ReceivePaymentEndpoint.Map(api);
        ListPaymentsEndpoint.Map(api);
        MatchPaymentEndpoint.Map(api);
        RedeemCodeEndpoint.Map(api);
        CreateCodeEndpoint.Map(api);
        ListCodesEndpoint.Map(api);
        DisableCodeEndpoint.Map(api);
        GrantCreditsEndpoint.Map(api);
        RefundCreditsEndpoint.Map(api);
        CorrectEntryEndpoint.Map(api);
        MarginEndpoint.Map(api);
    }
}
