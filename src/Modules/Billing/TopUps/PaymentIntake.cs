using Lectern.Accounts.Contracts;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.TopUps;

/// <summary>
/// Takes in what the provider tells about payments. Its events come again, at the same time, and in any order; so the
/// row's outcome only moves forward, and the grant's id, which is the payment's, is granted once.
/// </summary>
internal sealed partial class PaymentIntake(
    EventStore store,
    IOptions<PaymentSettings> settings,
    ILogger<PaymentIntake> log
)
{
    /// <summary>Stores an event's outcome and grants what it pays for, in one unit of work.</summary>
    /// <returns>The outcome; null when there was nothing to pay.</returns>
    public async Task<string?> TakeInAsync(CheckoutEvent received, CancellationToken cancel)
    {
        var workspace = await WorkspaceOfAsync(received.Data.Object, cancel);
        if (Payment.Decide(received, workspace is not null, settings.Value) is not { } settlement)
            return null;
        var payment = Payment.IdOf(received.Data.Object);
        await using var session = Open(workspace ?? Guid.Empty);
        Payment.Store(session, received, workspace, settlement);
        if (settlement.Outcome == Outcomes.Granted)
            Wallets.Grant(session, payment, settlement.Credits, Payment.Reason);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException again) when (again.Constraint == Wallets.GrantedOnce)
        {
            return Outcomes.Granted; // by another delivery, or by an administrator
        }

        // Somebody may have matched it since the provider first told of it.
        var outcome = await OutcomeAsync(payment, cancel);
        if (outcome == Outcomes.Unmatched)
            LogUnmatched(log, PublicId.Format(Payment.Prefix, payment), received.Id, settlement.Reason ?? "");
        return outcome;
    }

    private async Task<string> OutcomeAsync(Guid payment, CancellationToken cancel)
    {
        await using var reading = Open(Guid.Empty);
        var outcomes = await reading.QueryAsync(
            "select outcome from billing.payments where id = $1",
            row => row.GetString(0),
            cancel,
            payment
        );
        return outcomes.Single();
    }

    private async Task<Guid?> WorkspaceOfAsync(CheckoutSession checkout, CancellationToken cancel)
    {
        await using var reading = Open(Guid.Empty);
        return await LivingWorkspaces.FindAsync(reading, checkout.ClientReferenceId, cancel)
            ?? await LivingWorkspaces.FindAsync(reading, checkout.Metadata?.GetValueOrDefault("workspace"), cancel);
    }

    private Session Open(Guid workspace) => store.OpenSystemSession(workspace);

    [LoggerMessage(
        LogLevel.Error,
        "Nobody got credits for the payment {Payment} (event {ProviderEvent}): {Reason}. Match it at POST /admin/payments/{Payment}/match."
    )]
    private static partial void LogUnmatched(ILogger log, string payment, string providerEvent, string reason);
}
