using System.Collections.Immutable;
using Lectern.Billing.Contracts;

namespace Lectern.Billing.Ledger;

/// <summary>
/// A wallet's state, folded from its stream, and the rules of money as plain code. Nothing decides by it: holds and
/// captures are blind appends that the database's constraints judge. It is the second opinion that the audit compares the
/// rows with, and the constraints are tested against.
/// </summary>
/// <param name="Posted">Micro-credits granted and not spent.</param>
/// <param name="Held">Micro-credits set aside.</param>
/// <param name="Open">The holds that have not ended, with their amounts.</param>
/// <param name="Ended">The holds that have, with what was captured of them and not refunded.</param>
/// <param name="Lots">The credits by where they came from, in the order of the ledger; spent ones stay, with nothing left.</param>
/// <param name="Known">Every id of a grant, a refund and a correction.</param>
/// <param name="IsStopped">Whether new holds are refused.</param>
/// <param name="Version">How many events it is folded from.</param>
internal sealed record Wallet(
    long Posted,
    long Held,
    ImmutableDictionary<Guid, long> Open,
    ImmutableDictionary<Guid, long> Ended,
    ImmutableList<Lot> Lots,
    ImmutableHashSet<Guid> Known,
    bool IsStopped,
    int Version
)
{
    public static readonly Wallet Initial = new(
        0,
        0,
        ImmutableDictionary<Guid, long>.Empty,
        ImmutableDictionary<Guid, long>.Empty,
        [],
        [],
        IsStopped: false,
        Version: 0
    );

    /// <summary>The wallet's stream: derived, since the workspace's own stream may have the workspace's id.</summary>
    public static Guid IdOf(Guid workspace) => DerivedId.From("billing.wallet", workspace);

    /// <summary>The constraint that has to refuse an event in this state; null when it may be appended.</summary>
    public string? Refusal(object e) =>
        e switch
        {
            CreditsGranted granted when Known.Contains(granted.Grant) => "granted_once",
            CreditsHeld when IsStopped => "billing_not_stopped",
            CreditsHeld held when Open.ContainsKey(held.Hold) || Ended.ContainsKey(held.Hold) => "hold_placed_once",
            CreditsHeld held when held.Amount > Posted - Held => "wallet_not_overdrawn",
            CreditsDeducted deducted when deducted.Captured < 0 || deducted.Captured > deducted.Held =>
                "captured_within_hold",
            CreditsDeducted deducted => RefusalOfEnd(deducted.Hold, deducted.Held),
            HoldReleased released => RefusalOfEnd(released.Hold, released.Amount),
            CreditsExpired expired when expired.Amount > Posted - Held => "wallet_not_overdrawn",
            CreditsExpired expired when expired.Amount > RemainingOf(expired.Lot) => "lot_not_overspent",
            CreditsRefunded refunded when Known.Contains(refunded.Refund) => "refunded_once",
            CreditsRefunded refunded when !Ended.ContainsKey(refunded.Hold) => "refund_of_a_capture",
            CreditsRefunded refunded when refunded.Amount > Ended[refunded.Hold] => "refunds_within_capture",
            CreditsCorrected corrected when corrected.Amount < Held - Posted => "wallet_not_overdrawn",
            CreditsCorrected corrected when Known.Contains(corrected.Correction) => "corrected_once",
            _ => null,
        };

    public static Wallet Evolve(Wallet before, object e)
    {
        var wallet = before with { Version = before.Version + 1 };
        return e switch
        {
            CreditsGranted granted => wallet.Add(granted.Grant, granted.Amount, granted.ExpiresAt),
            CreditsHeld held => wallet with
            {
                Held = wallet.Held + held.Amount,
                Open = wallet.Open.SetItem(held.Hold, held.Amount),
            },
            CreditsDeducted deducted => wallet
                .End(deducted.Hold, deducted.Held, deducted.Captured)
                .Spend(deducted.Captured),
            HoldReleased released => wallet.End(released.Hold, released.Amount, 0),
            CreditsExpired expired => wallet with
            {
                Posted = wallet.Posted - expired.Amount,
                Lots =
                [
                    .. wallet.Lots.Select(lot =>
                        lot.Id == expired.Lot ? lot with { Remaining = lot.Remaining - expired.Amount } : lot
                    ),
                ],
            },
            CreditsRefunded refunded => wallet.Add(refunded.Refund, refunded.Amount, expiresAt: null) with
            {
                Ended = wallet.Ended.SetItem(
                    refunded.Hold,
                    wallet.Ended.GetValueOrDefault(refunded.Hold) - refunded.Amount
                ),
            },
            CreditsCorrected { Amount: > 0 } corrected => wallet.Add(
                corrected.Correction,
                corrected.Amount,
                wallet.Lots.FirstOrDefault(lot => lot.Number == corrected.Entry)?.ExpiresAt
            ),
            CreditsCorrected corrected => wallet.Spend(-corrected.Amount, corrected.Entry) with
            {
                Known = wallet.Known.Add(corrected.Correction),
            },
            BillingStopped => wallet with { IsStopped = true },
            BillingResumed => wallet with { IsStopped = false },
            _ => wallet,
        };
    }

    private string? RefusalOfEnd(Guid hold, long amount) =>
        Ended.ContainsKey(hold) ? "hold_ended_once"
        : Open.TryGetValue(hold, out var held) && held == amount ? null
        : "hold_ends_its_hold";

    private long RemainingOf(Guid lot) => Lots.FirstOrDefault(l => l.Id == lot)?.Remaining ?? 0;

    private Wallet Add(Guid lot, long amount, DateTimeOffset? expiresAt) =>
        this with
        {
            Posted = Posted + amount,
            Lots = Lots.Add(new Lot(lot, Version, amount, expiresAt)),
            Known = Known.Add(lot),
        };

    private Wallet End(Guid hold, long amount, long captured) =>
        this with
        {
            Held = Held - amount,
            Open = Open.Remove(hold),
            Ended = Ended.SetItem(hold, captured),
        };

    /// <summary>The lot that a correction is about goes first, then what expires first, and of the same age what came first.</summary>
    private Wallet Spend(long amount, int? first = null)
    {
        var lots = Lots;
        var left = amount;
        foreach (
            var lot in Lots.Where(l => l.Remaining > 0)
                .OrderBy(l => l.Number != first)
                .ThenBy(l => l.ExpiresAt ?? DateTimeOffset.MaxValue)
        )
        {
            if (left == 0)
                break;
            var taken = Math.Min(left, lot.Remaining);
            lots = lots.Replace(lot, lot with { Remaining = lot.Remaining - taken });
            left -= taken;
        }

        return this with
        {
            Posted = Posted - amount,
            Lots = lots,
        };
    }
}

/// <summary>Credits that came together.</summary>
/// <param name="Id">Of the grant, the refund or the correction.</param>
/// <param name="Number">Of the ledger's entry.</param>
/// <param name="Remaining">Micro-credits that were not spent.</param>
/// <param name="ExpiresAt">When they go; null for never.</param>
internal sealed record Lot(Guid Id, int Number, long Remaining, DateTimeOffset? ExpiresAt);
