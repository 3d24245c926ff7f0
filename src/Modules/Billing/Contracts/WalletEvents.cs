namespace Lectern.Billing.Contracts;

// All events of a wallet's stream. Amounts are micro-credits.

/// <summary>A workspace has a wallet now; it is empty.</summary>
public sealed record WalletOpened;

/// <summary>Credits were added.</summary>
/// <param name="Grant">What it was granted for has one id, so that it is granted once.</param>
/// <param name="Amount">Micro-credits, more than 0.</param>
/// <param name="Reason">A stable code: <c>sign_up</c>.</param>
/// <param name="ExpiresAt">When what is left of it is taken away; null for never.</param>
public sealed record CreditsGranted(Guid Grant, long Amount, string Reason, DateTimeOffset? ExpiresAt = null);

/// <summary>Credits were set aside for a run of a job; nothing is spent yet.</summary>
/// <param name="Hold">The hold's id.</param>
/// <param name="Job">The job.</param>
/// <param name="Run">Which run of the job, from 1.</param>
/// <param name="Amount">Micro-credits.</param>
/// <param name="PriceVersion">The price list that the amount was calculated with.</param>
/// <param name="ApiKey">The API key that submitted the run; null for a person.</param>
/// <param name="KeyCap">Micro-credits that the key may spend in all; null for no cap.</param>
/// <param name="LifeSeconds">After how long it expires, by the database's clock; null for never.</param>
public sealed record CreditsHeld(
    Guid Hold,
    Guid Job,
    int Run,
    long Amount,
    string PriceVersion,
    Guid? ApiKey = null,
    long? KeyCap = null,
    int? LifeSeconds = null
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
/// <param name="Reason">A stable code: <c>nothing_to_pay</c>.</param>
public sealed record HoldReleased(Guid Hold, Guid Job, long Amount, string Reason);

/// <summary>What was left of credits that may be spent for a time only is gone. What was held then can go later.</summary>
/// <param name="Lot">The grant, by its id.</param>
/// <param name="Amount">Micro-credits, more than 0.</param>
public sealed record CreditsExpired(Guid Lot, long Amount);

/// <summary>A part or all of what was deducted was given back. It never expires.</summary>
/// <param name="Refund">Its id.</param>
/// <param name="Hold">The hold whose capture it refunds.</param>
/// <param name="Amount">Micro-credits, more than 0.</param>
/// <param name="Reason">A stable code: <c>admin</c>.</param>
public sealed record CreditsRefunded(Guid Refund, Guid Hold, long Amount, string Reason);

/// <summary>An entry of the ledger was wrong; this sets it right, and the entry stays as it is.</summary>
/// <param name="Correction">Its id.</param>
/// <param name="Entry">The number of the entry that it corrects.</param>
/// <param name="Amount">Micro-credits: more than 0 when they are given, less than 0 when they are taken away.</param>
/// <param name="Reason">A stable code: <c>admin</c>.</param>
public sealed record CreditsCorrected(Guid Correction, int Entry, long Amount, string Reason);

/// <summary>How much may be spent in a day or a month was decided; it replaces what was decided before.</summary>
/// <param name="ApiKey">For what is spent with this API key; null for all that the workspace spends.</param>
/// <param name="Daily">Micro-credits in a day, UTC; null for no cap.</param>
/// <param name="Monthly">Micro-credits in a calendar month, UTC; null for no cap.</param>
public sealed record SpendingCapsSet(Guid? ApiKey, long? Daily, long? Monthly);

/// <summary>The available credits fell below a threshold. Said once, until they have been above it again.</summary>
/// <param name="Available">Micro-credits that were available when it was noticed.</param>
/// <param name="Below">The threshold, in micro-credits.</param>
public sealed record BalanceRanLow(long Available, long Below);

/// <summary>An audit found that the wallet's books don't add up. No new hold is accepted; what is held can end.</summary>
/// <param name="Check">The invariant that was broken, by its name in <c>lectern audit</c>.</param>
public sealed record BillingStopped(string Check);

/// <summary>A platform administrator saw to it, and an audit found nothing any more.</summary>
public sealed record BillingResumed;
