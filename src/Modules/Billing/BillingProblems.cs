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

    public static readonly ProblemType UnknownKey = new(
        "billing",
        "unknown-api-key",
        404,
        "The workspace has no such API key.",
        "GET /api-keys lists them."
    );

    public static IReadOnlyList<ProblemType> All { get; } =
    [InsufficientCredits, KeyCapReached, WorkspaceCapReached, Stopped, StillBroken, UnknownKey];
}
