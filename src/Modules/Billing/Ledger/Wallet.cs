using System.Collections.Immutable;
using Lectern.Billing.Contracts;

namespace Lectern.Billing.Ledger;

/// <summary>
/// A wallet's state, folded from its stream. Nothing decides by it: holds and captures are blind appends that the
/// database's constraints judge. It is the second opinion that the audit compares the rows with.
/// </summary>
/// <param name="Posted">Micro-credits granted and not spent.</param>
/// <param name="Held">Micro-credits set aside.</param>
/// <param name="Open">The holds that have not ended, with their amounts.</param>
internal sealed record Wallet(long Posted, long Held, ImmutableDictionary<Guid, long> Open)
{
    public static readonly Wallet Initial = new(0, 0, ImmutableDictionary<Guid, long>.Empty);

    /// <summary>The wallet's stream: derived, since the workspace's own stream may have the workspace's id.</summary>
    public static Guid IdOf(Guid workspace) => DerivedId.From("billing.wallet", workspace);

    public static Wallet Evolve(Wallet wallet, object e) =>
        e switch
        {
            CreditsGranted granted => wallet with { Posted = wallet.Posted + granted.Amount },
            CreditsHeld held => wallet with
            {
                Held = wallet.Held + held.Amount,
                Open = wallet.Open.Add(held.Hold, held.Amount),
            },
            CreditsDeducted deducted => wallet with
            {
                Posted = wallet.Posted - deducted.Captured,
                Held = wallet.Held - deducted.Held,
                Open = wallet.Open.Remove(deducted.Hold),
            },
            HoldReleased released => wallet with
            {
                Held = wallet.Held - released.Amount,
                Open = wallet.Open.Remove(released.Hold),
            },
            _ => wallet,
        };
}
