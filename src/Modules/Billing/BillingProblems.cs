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

    public static readonly ProblemType WorkspaceCapReached = new(
        "billing",
        "workspace-cap-reached",
        402,
        "The workspace may not spend as much.",
        "Wait for the next day or month, or ask an admin of the workspace for a higher cap."
    );

    public static readonly ProblemType Stopped = new(
        "billing",
        "billing-stopped",
        503,
        "The workspace's books don't add up, so nothing new can be paid.",
        "The operators were alarmed and look into it. What is running goes on; try again later."
    );

    public static readonly ProblemType StillBroken = new(
        "billing",
        "books-do-not-add-up",
        409,
        "The workspace's books don't add up.",
        "Find out why with lectern audit; lectern projections rebuild billing.wallets writes the books anew from the events."
    );

    public static readonly ProblemType BadSignature = new(
        "billing",
        "bad-signature",
        400,
        "The signature isn't good.",
        "Only the payment provider can call this. Check the signing secrets, and both clocks."
    );

    public static readonly ProblemType PaymentNotUnmatched = new(
        "billing",
        "payment-not-unmatched",
        409,
        "Only a payment that is unmatched can be matched.",
        "Read the payment: its outcome says what became of it."
    );

    public static readonly ProblemType UnknownWorkspace = new(
        "billing",
        "unknown-workspace",
        404,
        "There is no such workspace.",
        "GET /admin/workspaces lists them; deleted ones are gone."
    );

    public static readonly ProblemType CodeTaken = new(
        "billing",
        "code-taken",
        409,
        "There is such a promotional code already.",
        "Choose another one, or leave it out and get one that is made at random. Disabled codes count, too."
    );

    public static readonly ProblemType CodeNotValid = new(
        "billing",
        "code-not-valid",
        404,
        "This code gives nothing.",
        "Check the spelling; case and dashes don't matter. It may also be too late for it."
    );

    public static readonly ProblemType CodeUsedUp = new(
        "billing",
        "code-used-up",
        409,
        "The code was used as often as it can be.",
        "Ask whoever gave it to you for another one."
    );

    public static readonly ProblemType CodeAlreadyUsed = new(
        "billing",
        "code-already-used",
        409,
        "You have used this code already.",
        "Each person can use a code once, in whatever workspace; GET /credits/ledger shows what it gave."
    );

    public static readonly ProblemType NoSuchCapture = new(
        "billing",
        "no-such-capture",
        409,
        "The workspace has paid for no such hold.",
        "Take the hold from an entry of its ledger whose kind is captured."
    );

    public static readonly ProblemType RefundExceedsCapture = new(
        "billing",
        "refund-exceeds-capture",
        409,
        "More can't be refunded than was paid.",
        "Refund less; what was refunded of this hold before counts."
    );

    public static readonly ProblemType NoSuchEntry = new(
        "billing",
        "no-such-entry",
        404,
        "The workspace's ledger has no such entry.",
        "Take the entry's number from its ledger."
    );

    public static readonly ProblemType TooFewCredits = new(
        "billing",
        "too-few-credits",
        409,
        "So many credits can't be taken back.",
        "Take at most what is available: what is spent is gone, and what is held is spoken for."
    );

    public static readonly ProblemType QuoteNotValid = new(
        "billing",
        "quote-not-valid",
        409,
        "The quote can't be accepted.",
        "Look at the new quote in 'quote', and send the request again with its id if it suits you."
    );

    public static IReadOnlyList<ProblemType> All { get; } =
    [
        InsufficientCredits,
        KeyCapReached,
        WorkspaceCapReached,
        Stopped,
        StillBroken,
        BadSignature,
        PaymentNotUnmatched,
        UnknownWorkspace,
        CodeTaken,
        CodeNotValid,
        CodeUsedUp,
        CodeAlreadyUsed,
        NoSuchCapture,
        RefundExceedsCapture,
        NoSuchEntry,
        TooFewCredits,
        QuoteNotValid,
    ];
}
