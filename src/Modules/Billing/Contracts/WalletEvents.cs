namespace Lectern.Billing.Contracts;

// All events of a wallet's stream. Amounts are micro-credits.

/// <summary>A workspace has a wallet now; it is empty.</summary>
public sealed record WalletOpened;

/// <summary>Credits were added.</summary>
/// <param name="Grant">What it was granted for has one id, so that it is granted once.</param>
/// <param name="Amount">Micro-credits, more than 0.</param>
/// <param name="Reason">A stable code: <c>sign_up</c>.</param>
public sealed record CreditsGranted(Guid Grant, long Amount, string Reason);

/// <summary>Credits were set aside for a run of a job; nothing is spent yet.</summary>
/// <param name="Hold">The hold's id.</param>
/// <param name="Job">The job.</param>
/// <param name="Run">Which run of the job, from 1.</param>
/// <param name="Amount">Micro-credits.</param>
/// <param name="PriceVersion">The price list that the amount was calculated with.</param>
/// <param name="ApiKey">The API key that submitted the run; null for a person.</param>
/// <param name="KeyCap">Micro-credits that the key may spend in all; null for no cap.</param>
public sealed record CreditsHeld(
    Guid Hold,
    Guid Job,
    int Run,
    long Amount,
    string PriceVersion,
    Guid? ApiKey = null,
    long? KeyCap = null
);

/// <summary>A hold ended with a delivery: a part or all of it was spent, and the rest is free again.</summary>
/// <param name="Hold">The hold that ended.</param>
/// <param name="Job">The job.</param>
/// <param name="Kind">The job's kind: <c>audiobook</c>.</param>
/// <param name="Held">Micro-credits that were set aside.</param>
/// <param name="Captured">Micro-credits that were spent, at most <paramref name="Held"/>.</param>
/// <param name="Delivered">What they were spent on.</param>
public sealed record CreditsDeducted(Guid Hold, Guid Job, string Kind, long Held, long Captured, Delivery Delivered);

/// <summary>What a job delivered: its result, or the part of its text whose audio was used before it ended early.</summary>
/// <param name="Characters">Characters of the source text.</param>
/// <param name="Artifact">The finished result's id; null when there is none.</param>
/// <param name="Sha256">The result's hash, lower-case hexadecimal.</param>
/// <param name="Bytes">The result's size.</param>
/// <param name="DurationMs">The result's decoded duration in milliseconds.</param>
/// <param name="Provider">Who made it, a stable name: <c>flite</c>; null in events of before this was noted.</param>
public sealed record Delivery(
    long Characters,
    Guid? Artifact = null,
    string? Sha256 = null,
    long? Bytes = null,
    long? DurationMs = null,
    string? Provider = null
);

/// <summary>A hold ended with nothing delivered: all of it is free again.</summary>
/// <param name="Hold">The hold that ended.</param>
/// <param name="Job">The job.</param>
/// <param name="Amount">Micro-credits that were set aside.</param>
/// <param name="Reason">A stable code: <c>nothing-to-pay</c>.</param>
public sealed record HoldReleased(Guid Hold, Guid Job, long Amount, string Reason);
