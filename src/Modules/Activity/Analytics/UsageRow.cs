namespace Lectern.Activity.Analytics;

/// <summary>What was made in a period. Each thing counts for the day on which it happened.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Value">Which value it is: an id or a name, <c>none</c> for what has none, <c>others</c> for all that have no row of their own.</param>
/// <param name="Submitted">Jobs that were ordered.</param>
/// <param name="Retried">Runs with which failed or cancelled jobs were tried again.</param>
/// <param name="Completed">Runs that ended well.</param>
/// <param name="Failed">Runs that ended badly.</param>
/// <param name="Cancelled">Runs that somebody stopped.</param>
/// <param name="FailureRate">How many of the runs that ended had failed, from 0 to 1; null when none ended.</param>
/// <param name="CharactersOrdered">Characters of the texts that were ordered.</param>
/// <param name="CharactersSpoken">Characters of the text that an engine spoke.</param>
/// <param name="CharactersReused">Characters of the text whose audio was there already.</param>
/// <param name="ChunksSpoken">Passages that an engine spoke.</param>
/// <param name="ChunksReused">Passages whose audio was there already.</param>
/// <param name="ChunksFellBack">Passages that another voice spoke, since this one could not.</param>
/// <param name="CacheHitRate">How many of the passages were there already, from 0 to 1; null when there was none.</param>
/// <param name="SpokenMs">Milliseconds of audio that an engine spoke.</param>
/// <param name="ReusedMs">Milliseconds of audio that were there already, and no engine was asked for.</param>
/// <param name="DeliveredMs">Milliseconds that finished files play.</param>
/// <param name="MinutesMade">The same in minutes, rounded.</param>
/// <param name="EngineMs">Milliseconds that engines took.</param>
/// <param name="RealTimeFactor">Time that engines took for each second of audio: below 1 they are faster than playing; null when nothing was timed.</param>
internal sealed record UsageRow(
    DateOnly From,
    DateOnly To,
    string? Value,
    long Submitted,
    long Retried,
    long Completed,
    long Failed,
    long Cancelled,
    double? FailureRate,
    long CharactersOrdered,
    long CharactersSpoken,
    long CharactersReused,
    long ChunksSpoken,
    long ChunksReused,
    long ChunksFellBack,
    double? CacheHitRate,
    long SpokenMs,
    long ReusedMs,
    long DeliveredMs,
    decimal MinutesMade,
    long EngineMs,
    double? RealTimeFactor
)
{
    public static UsageRow Of(UsageLine line)
    {
        var (period, value, sums) = line;
        return new UsageRow(
            period.From,
            period.To,
            value,
            sums[Measure.Submitted],
            sums[Measure.Retried],
            sums[Measure.Completed],
            sums[Measure.Failed],
            sums[Measure.Cancelled],
            Rate.Of(sums[Measure.Failed], sums.Ended),
            sums[Measure.CharactersOrdered],
            sums[Measure.CharactersSpoken],
            sums[Measure.CharactersReused],
            sums[Measure.ChunksSpoken],
            sums[Measure.ChunksReused],
            sums[Measure.FellBack],
            Rate.Of(sums[Measure.ChunksReused], sums[Measure.ChunksSpoken] + sums[Measure.ChunksReused]),
            sums[Measure.SpokenMs],
            sums[Measure.ReusedMs],
            sums[Measure.DeliveredMs],
            sums.MinutesMade,
            sums[Measure.EngineMs],
            Rate.Of(sums[Measure.EngineMs], sums[Measure.TimedMs])
        );
    }
}
