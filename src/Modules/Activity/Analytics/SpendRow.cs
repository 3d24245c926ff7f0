using Lectern.SharedKernel;

namespace Lectern.Activity.Analytics;

/// <summary>What was spent in a period, amounts in credits. Each movement counts for the day on which it happened.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Value">Which value it is: an id or a name, <c>none</c> for what has none, <c>others</c> for all that have no row of their own.</param>
/// <param name="Charges">How often credits were charged: once for each run that delivered something.</param>
/// <param name="Charged">What was charged.</param>
/// <param name="Refunded">What was given back of it.</param>
/// <param name="Corrected">What corrections of charges and refunds gave back; with a minus when they took more.</param>
/// <param name="Net">What was spent: charged less refunded and corrected. The ledger's entries say the same.</param>
/// <param name="Saved">What completed runs had been quoted and were not charged: audio that was paid before costs nothing, and a cheaper voice less.</param>
/// <param name="MinutesMade">Minutes that finished files play, rounded.</param>
internal sealed record SpendRow(
    DateOnly From,
    DateOnly To,
    string? Value,
    long Charges,
    string Charged,
    string Refunded,
    string Corrected,
    string Net,
    string Saved,
    decimal MinutesMade
)
{
    public static SpendRow Of(UsageLine line)
    {
        var (period, value, sums) = line;
        return new SpendRow(
            period.From,
            period.To,
            value,
            sums[Measure.Charges],
            Credits.Format(sums[Measure.Charged]),
            Credits.Format(sums[Measure.Refunded]),
            Credits.Format(sums[Measure.Corrected]),
            Credits.Format(sums[Measure.Charged] - sums[Measure.Refunded] - sums[Measure.Corrected]),
            Credits.Format(sums[Measure.Saved]),
            sums.MinutesMade
        );
    }
}
