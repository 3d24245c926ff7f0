using FsCheck;
using FsCheck.Fluent;
using Lectern.Billing.Contracts;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>What can be done to a wallet.</summary>
internal enum Act
{
    Grant,
    GrantForATime,
    Hold,
    Capture,
    Release,
    Expire,
    Refund,
    GiveMore,
    TakeBack,
    Stop,
    Resume,

    /// <summary>Something that was done or refused before comes again, with all its ids: a message that came twice.</summary>
    Again,
}

/// <summary>One thing that is done.</summary>
/// <param name="Act">What.</param>
/// <param name="Target">Which hold, lot or earlier operation; counted round.</param>
/// <param name="Amount">How much.</param>
/// <param name="Crashes">Who did it dies at once, knows nothing of how it went, and does it again.</param>
internal sealed record Operation(Act Act, int Target, int Amount, bool Crashes)
{
    public override string ToString() => $"{Act}({Target}, {Amount}){(Crashes ? " crashes" : "")}";
}

/// <summary>Random histories, and the events that their operations mean.</summary>
internal static class WalletHistories
{
    public const int Longest = 60;
    public const long Opening = 40;

    public static Arbitrary<Operation[]> Arbitrary { get; } =
        Arb.From(
            Operations()
                .ListOf(Longest)
                .SelectMany(_ => Gen.Choose(1, Longest), (all, length) => all.Take(length).ToArray()),
            history => history.Select((_, i) => history.Where((_, j) => j != i).ToArray())
        );

    /// <summary>An operation as the event that it tries to append; null when there is nothing to do it to.</summary>
    public static object? EventOf(Operation operation, PlainWallet model, List<object> before)
    {
        var hold = model.Holds.Count == 0 ? null : model.Holds[operation.Target % model.Holds.Count];
        var lot = model.Lots.Count == 0 ? null : model.Lots[operation.Target % model.Lots.Count];
        return operation.Act switch
        {
            Act.Grant => new CreditsGranted(Guid.CreateVersion7(), operation.Amount + 1, "test"),
            Act.GrantForATime => new CreditsGranted(
                Guid.CreateVersion7(),
                operation.Amount + 1,
                "test",
                DateTimeOffset.UnixEpoch.AddDays(operation.Target)
            ),
            Act.Hold => new CreditsHeld(Guid.CreateVersion7(), Guid.CreateVersion7(), 1, operation.Amount, "p1"),
            Act.Capture when hold is not null => new CreditsDeducted(
                hold.Id,
                hold.Job,
                "audiobook",
                hold.Amount,
                operation.Amount,
                new Delivery(1)
            ),
            Act.Release when hold is not null => new HoldReleased(hold.Id, hold.Job, hold.Amount, "cancelled"),
            Act.Expire when lot is not null => new CreditsExpired(lot.Id, operation.Amount + 1),
            Act.Refund when hold is not null => new CreditsRefunded(
                Guid.CreateVersion7(),
                hold.Id,
                operation.Amount + 1,
                "test"
            ),
            Act.GiveMore when lot is not null => new CreditsCorrected(
                Guid.CreateVersion7(),
                lot.Number,
                operation.Amount + 1,
                "test"
            ),
            Act.TakeBack when lot is not null => new CreditsCorrected(
                Guid.CreateVersion7(),
                lot.Number,
                -operation.Amount - 1,
                "test"
            ),
            Act.Stop => new BillingStopped("test"),
            Act.Resume => new BillingResumed(),
            Act.Again when before.Count > 0 => before[operation.Target % before.Count],
            _ => null,
        };
    }

    private static Gen<Operation> Operations()
    {
        var act = Gen.Frequency(
            (2, Gen.Constant(Act.Grant)),
            (2, Gen.Constant(Act.GrantForATime)),
            (10, Gen.Constant(Act.Hold)),
            (9, Gen.Constant(Act.Capture)),
            (4, Gen.Constant(Act.Release)),
            (3, Gen.Constant(Act.Expire)),
            (4, Gen.Constant(Act.Refund)),
            (1, Gen.Constant(Act.GiveMore)),
            (1, Gen.Constant(Act.TakeBack)),
            (1, Gen.Constant(Act.Stop)),
            (4, Gen.Constant(Act.Resume)),
            (5, Gen.Constant(Act.Again))
        );
        return from what in act
            from target in Gen.Choose(0, 40)
            from amount in Gen.Choose(0, 14)
            from crash in Gen.Choose(0, 9)
            select new Operation(what, target, amount, Crashes: crash == 0);
    }
}

/// <summary>
/// A wallet as one would write it with neither a database nor an event store: lists and a few ifs. It keeps what it was
/// given and what it gave in sums of their own, so that its balance can be checked against them.
/// </summary>
internal sealed class PlainWallet
{
    private readonly HashSet<Guid> _ids = [];
    private bool _stopped;
    private int _events = 1; // it was opened

    public List<PlainHold> Holds { get; } = [];

    public List<PlainLot> Lots { get; } = [];

    public long Posted => Lots.Sum(lot => lot.Left);

    public long Held => Holds.Where(hold => !hold.Ended).Sum(hold => hold.Amount);

    public long Given { get; private set; }

    public long Gone { get; private set; }

    /// <summary>Does what the event says and answers null, or does nothing and answers what forbids it.</summary>
    public string? Do(object e)
    {
        _events++;
        var refusal = TryTo(e);
        if (refusal is not null)
            _events--;
        return refusal;
    }

    private string? TryTo(object e)
    {
        switch (e)
        {
            case CreditsGranted granted:
                if (!_ids.Add(granted.Grant))
                    return "granted_once";
                Add(granted.Grant, granted.Amount, granted.ExpiresAt);
                return null;
            case CreditsHeld held:
                if (_stopped)
                    return "billing_not_stopped";
                if (Holds.Any(hold => hold.Id == held.Hold))
                    return "hold_placed_once";
                if (Posted - Held < held.Amount)
                    return "wallet_not_overdrawn";
                Holds.Add(new PlainHold(held.Hold, held.Job, held.Amount));
                return null;
            case CreditsDeducted deducted:
                if (deducted.Captured > deducted.Held)
                    return "captured_within_hold";
                return End(deducted.Hold, deducted.Captured);
            case HoldReleased released:
                return End(released.Hold, 0);
            case CreditsExpired expired:
                if (Posted - Held < expired.Amount)
                    return "wallet_not_overdrawn";
                var lot = Lots.Single(l => l.Id == expired.Lot);
                if (lot.Left < expired.Amount)
                    return "lot_not_overspent";
                lot.Left -= expired.Amount;
                Gone += expired.Amount;
                return null;
            case CreditsRefunded refunded:
                if (_ids.Contains(refunded.Refund))
                    return "refunded_once";
                var captured = Holds.FirstOrDefault(hold => hold.Id == refunded.Hold && hold.Ended);
                if (captured is null)
                    return "refund_of_a_capture";
                if (captured.Refundable < refunded.Amount)
                    return "refunds_within_capture";
                captured.Refundable -= refunded.Amount;
                _ids.Add(refunded.Refund);
                Add(refunded.Refund, refunded.Amount, null);
                return null;
            case CreditsCorrected corrected:
                if (Posted + corrected.Amount < Held)
                    return "wallet_not_overdrawn";
                if (!_ids.Add(corrected.Correction))
                    return "corrected_once";
                var wrong = Lots.First(l => l.Number == corrected.Entry);
                if (corrected.Amount > 0)
                    Add(corrected.Correction, corrected.Amount, wrong.ExpiresAt);
                else
                    Spend(-corrected.Amount, wrong);
                return null;
            case BillingStopped:
                _stopped = true;
                return null;
            case BillingResumed:
                _stopped = false;
                return null;
            default:
                throw new ArgumentException($"{e} is no operation.", nameof(e));
        }
    }

    private string? End(Guid id, long captured)
    {
        var hold = Holds.FirstOrDefault(h => h.Id == id);
        if (hold is null)
            return "hold_ends_its_hold";
        if (hold.Ended)
            return "hold_ended_once";
        hold.Ended = true;
        hold.Refundable = captured;
        Spend(captured);
        return null;
    }

    private void Add(Guid lot, long amount, DateTimeOffset? expiresAt)
    {
        Lots.Add(new PlainLot(lot, _events, amount, expiresAt));
        Given += amount;
    }

    private void Spend(long amount, PlainLot? first = null)
    {
        Gone += amount;
        foreach (
            var lot in Lots.OrderBy(l => l != first).ThenBy(l => l.ExpiresAt is null).ThenBy(l => l.ExpiresAt).ToList()
        )
        {
            var taken = Math.Min(amount, lot.Left);
            lot.Left -= taken;
            amount -= taken;
        }
    }
}

internal sealed class PlainHold(Guid id, Guid job, long amount)
{
    public Guid Id => id;

    public Guid Job => job;

    public long Amount => amount;

    public bool Ended { get; set; }

    public long Refundable { get; set; }
}

internal sealed class PlainLot(Guid id, int number, long amount, DateTimeOffset? expiresAt)
{
    public Guid Id => id;

    /// <summary>Of the event that gave it.</summary>
    public int Number => number;

    public DateTimeOffset? ExpiresAt => expiresAt;

    public long Left { get; set; } = amount;
}
