using Lectern.Eventing;
using NpgsqlTypes;

namespace Lectern.Billing.TopUps;

/// <summary>What became of a payment.</summary>
/// <param name="Outcome">One of <see cref="Outcomes"/>.</param>
/// <param name="Reason">Why it is unmatched: a stable code.</param>
/// <param name="Credits">Micro-credits to grant.</param>
internal sealed record Settlement(string Outcome, string? Reason = null, long Credits = 0);

/// <summary>The outcomes of payments.</summary>
internal static class Outcomes
{
    /// <summary>The money is on its way.</summary>
    public const string Pending = "pending";

    /// <summary>The money didn't come.</summary>
    public const string Failed = "failed";

    /// <summary>The money is there, and nobody got credits for it: an administrator has to say who does.</summary>
    public const string Unmatched = "unmatched";

    /// <summary>A wallet has the credits.</summary>
    public const string Granted = "granted";

    public static readonly string[] All = [Pending, Failed, Unmatched, Granted];
}

/// <summary>A payment: one checkout at the provider, one grant at most.</summary>
internal static class Payment
{
    public const string Prefix = "payment";

    /// <summary>The ledger's reason.</summary>
    public const string Reason = "top_up";

    /// <summary>The payment of a checkout session, and the grant that it comes to: whatever event tells of it, and how often.</summary>
    public static Guid IdOf(CheckoutSession checkout) => DerivedId.From("billing.checkout_session", checkout.Id);

    /// <summary>What an event comes to; null when there is nothing to pay and so nothing to grant.</summary>
    /// <param name="received">The event.</param>
    /// <param name="isForSomebody">Whether it names a workspace that is there.</param>
    /// <param name="settings">What is taken, and for how much.</param>
    public static Settlement? Decide(CheckoutEvent received, bool isForSomebody, PaymentSettings settings)
    {
        var checkout = received.Data.Object;
        return (received.Type, checkout.PaymentStatus) switch
        {
            (CheckoutEvents.Failed, _) => new Settlement(Outcomes.Failed),
            (CheckoutEvents.Succeeded, _) or (_, "paid") when !received.Livemode && !settings.AcceptTestPayments =>
                Unmatched("test_payment"),
            (CheckoutEvents.Succeeded, _) or (_, "paid") => OfMoney(checkout, isForSomebody, settings),
            (_, "unpaid") => new Settlement(Outcomes.Pending),
            (_, "no_payment_required") => null,
            _ => new Settlement(Outcomes.Unmatched, "unknown_status"),
        };
    }

    /// <summary>Adds what became of a payment to a worker session, unless more is known of it by now.</summary>
    public static void Store(Session session, CheckoutEvent received, Guid? workspace, Settlement settlement)
    {
        var checkout = received.Data.Object;
        session.Execute(
            """
            insert into billing.payments as p
                (id, provider_session, provider_event, type, amount, currency, livemode, workspace_id, outcome, reason)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (id) do update set
                provider_event = excluded.provider_event, type = excluded.type, amount = excluded.amount,
                currency = excluded.currency, workspace_id = excluded.workspace_id, outcome = excluded.outcome,
                reason = excluded.reason, changed_at = now()
            where array_position($11::text[], p.outcome) < array_position($11::text[], excluded.outcome)
            """,
            IdOf(checkout),
            checkout.Id,
            received.Id,
            received.Type,
            new Typed(checkout.Amount, NpgsqlDbType.Bigint),
            Typed.Text(CurrencyOf(checkout)),
            received.Livemode,
            Typed.Uuid(workspace),
            settlement.Outcome,
            Typed.Text(settlement.Reason),
            Outcomes.All // in their order: the row's comment says what it means
        );
    }

    private static Settlement OfMoney(CheckoutSession checkout, bool isForSomebody, PaymentSettings settings)
    {
        if (!isForSomebody)
            return Unmatched("unknown_workspace");
        if (CurrencyOf(checkout) is not { } currency || !settings.Currencies.ContainsKey(currency))
            return Unmatched("unknown_currency");
        return checkout.Amount is { } amount && settings.CreditsFor(amount, currency) is { } credits
            ? new Settlement(Outcomes.Granted, Credits: credits)
            : Unmatched("unusable_amount");
    }

    private static Settlement Unmatched(string reason) => new(Outcomes.Unmatched, reason);

    private static string? CurrencyOf(CheckoutSession checkout) =>
        checkout.Currency is { Length: 3 } code && code.All(char.IsAsciiLetter) ? code.ToLowerInvariant() : null;
}
