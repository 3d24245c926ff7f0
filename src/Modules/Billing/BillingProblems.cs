using Lectern.SharedKernel;

namespace Lectern.Billing;

internal static class BillingProblems
{
    public static readonly ProblemType InsufficientCredits = new(
        "billing",
        "insufficient-credits",
        402,
        "There are not enough credits.",
        "Wait until running jobs free what they hold, shorten the text, or get the missing credits."
    );

    public static readonly ProblemType KeyCapReached = new(
        "billing",
        "key-cap-reached",
        402,
        "The API key may not spend as much.",
        "Wait until the key's running jobs free what they hold, or use a key with a higher cap."
    );

    public static readonly ProblemType QuoteNotValid = new(
        "billing",
        "quote-not-valid",
        409,
        "The quote can't be accepted.",
        "Look at the new quote in 'quote', and send the request again with its id if it suits you."
    );

    public static IReadOnlyList<ProblemType> All { get; } = [InsufficientCredits, KeyCapReached, QuoteNotValid];
}
