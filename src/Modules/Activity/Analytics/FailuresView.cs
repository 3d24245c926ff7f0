namespace Lectern.Activity.Analytics;

/// <summary>What failed, in a workspace or in all of them.</summary>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC.</param>
/// <param name="Every">How long each period is.</param>
/// <param name="Ended">Runs that ended on these days, well or not.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="FailureRate">How many of them that is, from 0 to 1; null when none ended.</param>
/// <param name="Rows">One for each period and code, in order; where nothing failed it has zeros.</param>
internal sealed record FailuresView(
    DateOnly From,
    DateOnly To,
    Every Every,
    long Ended,
    long Failed,
    double? FailureRate,
    IReadOnlyList<FailuresRow> Rows
);

/// <summary>What failed in a period, in one way.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Step">The step that failed; <c>others</c> for all steps and codes that have no row of their own.</param>
/// <param name="Code">Why: a stable code, or <c>others</c>.</param>
/// <param name="Failed">Runs that ended by it.</param>
/// <param name="FailureRate">How many of all runs that ended in the period that is, from 0 to 1; null when none ended.</param>
/// <param name="FellBack">Passages that another voice spoke because of it, so that the run went on.</param>
internal sealed record FailuresRow(
    DateOnly From,
    DateOnly To,
    string Step,
    string Code,
    long Failed,
    double? FailureRate,
    long FellBack
)
{
    public static FailuresRow Of(UsageLine line, long ended)
    {
        var (period, value, sums) = line;
        var parts = value!.Split('/', 2); // the others have one name for both
        return new FailuresRow(
            period.From,
            period.To,
            parts[0],
            parts[^1],
            sums[Measure.Failed],
            Rate.Of(sums[Measure.Failed], ended),
            sums[Measure.FellBack]
        );
    }
}
