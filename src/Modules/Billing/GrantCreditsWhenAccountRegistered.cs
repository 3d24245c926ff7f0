using Lectern.Accounts.Contracts;
using Lectern.Billing.Contracts;
using Lectern.Billing.Pricing;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Options;

namespace Lectern.Billing;

/// <summary>
/// Opens the wallet of a new account and grants the sign-up credits, in the transaction that makes the account. The
/// grant's id follows from the person, so the database refuses a second one, in whatever workspace.
/// </summary>
internal sealed class GrantCreditsWhenAccountRegistered(IOptions<BillingSettings> settings) : IWhenAccountRegistered
{
    public void Apply(Session session, AccountRegistered registered)
    {
        Wallets.Open(session);
        var amount = Credits.FromDecimal(settings.Value.SignUpCredits);
        if (amount > 0)
            Wallets.Grant(session, DerivedId.From("billing.sign_up_grant", registered.Person), amount, "sign_up");
    }
}
