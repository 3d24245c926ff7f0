using System.Text.Json;
using Npgsql;

namespace Lectern.Activity.Analytics;

/// <summary>
/// What is summed for each day. The names are those of the table's columns, in snake case; raise the projection's version
/// when they change. Durations are milliseconds, credits are micro-credits, characters are those of the source text, which
/// prices are for.
/// </summary>
internal enum Measure
{
    /// <summary>Jobs that were ordered.</summary>
    Submitted,

    /// <summary>Runs that a failed or cancelled job was tried again with.</summary>
    Retried,

    /// <summary>Runs that ended well.</summary>
    Completed,

    /// <summary>Runs that ended badly.</summary>
    Failed,

    /// <summary>Runs that somebody stopped.</summary>
    Cancelled,

    /// <summary>Passages that another voice spoke, since the narrator's could not.</summary>
    FellBack,

    /// <summary>Characters of what was ordered.</summary>
    CharactersOrdered,

    /// <summary>Characters that an engine spoke.</summary>
    CharactersSpoken,

    /// <summary>Characters whose audio was there already.</summary>
    CharactersReused,

    /// <summary>Passages that an engine spoke.</summary>
    ChunksSpoken,

    /// <summary>Passages whose audio was there already.</summary>
    ChunksReused,

    /// <summary>Length of what was spoken.</summary>
    SpokenMs,

    /// <summary>Length of what was there already.</summary>
    ReusedMs,

    /// <summary>Length of that part of what was spoken which it is known of how long the engine took.</summary>
    TimedMs,

    /// <summary>How long the engine took for it.</summary>
    EngineMs,

    /// <summary>Length of finished files.</summary>
    DeliveredMs,

    /// <summary>Captures of credits.</summary>
    Charges,

    /// <summary>Credits that were captured.</summary>
    Charged,

    /// <summary>Credits of it that were given back.</summary>
    Refunded,

    /// <summary>Credits that corrections of captures and refunds gave back; less than 0 when they took more.</summary>
    Corrected,

    /// <summary>Credits that completed runs had been quoted and were not charged.</summary>
    Saved,
}

/// <summary>A sum of each measure.</summary>
internal sealed class UsageSums
{
    /// <summary>The columns, in the order of the measures.</summary>
    public static readonly IReadOnlyList<string> Columns =
    [
        .. Enum.GetNames<Measure>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName),
    ];

    private readonly long[] _values = new long[Columns.Count];

    public long this[Measure measure]
    {
        get => _values[(int)measure];
        set => _values[(int)measure] = value;
    }

    /// <summary>Runs that ended, well or not.</summary>
    public long Ended => this[Measure.Completed] + this[Measure.Failed] + this[Measure.Cancelled];

    /// <summary>Minutes that finished files play, rounded.</summary>
    public decimal MinutesMade => Math.Round(this[Measure.DeliveredMs] / 60_000m, 2);

    /// <summary>Those of them that failures are counted by.</summary>
    public UsageSums OfFailures =>
        new() { [Measure.Failed] = this[Measure.Failed], [Measure.FellBack] = this[Measure.FellBack] };

    public bool IsZero => !_values.AsSpan().ContainsAnyExcept(0);

    /// <summary>Reads the columns of a row, from one of them on.</summary>
    public static UsageSums Read(NpgsqlDataReader row, int from)
    {
        var sums = new UsageSums();
        for (var i = 0; i < sums._values.Length; i++)
            sums._values[i] = row.GetInt64(from + i);
        return sums;
    }

    /// <summary>Adds another's sums, or takes them away.</summary>
    public void Add(UsageSums other, int sign = 1)
    {
        for (var i = 0; i < _values.Length; i++)
            _values[i] += sign * other._values[i];
    }
}
