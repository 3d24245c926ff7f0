using Lectern.SharedKernel;

namespace Lectern.Billing.Contracts;

/// <summary>How a hold is refused, for the description of operations that place one; see <see cref="Wallets.RefusalAsync"/>.</summary>
public static class HoldProblems
{
    /// <summary>All of them, each with status 402 but for the last, which is 503.</summary>
    public static ProblemType[] All =>
        [
            BillingProblems.InsufficientCredits,
            BillingProblems.KeyCapReached,
            BillingProblems.WorkspaceCapReached,
            BillingProblems.Stopped,
        ];
}
