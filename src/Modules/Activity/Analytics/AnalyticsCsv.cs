using System.Globalization;

namespace Lectern.Activity.Analytics;

/// <summary>Rows as lines of a file, under the names that they have in JSON.</summary>
internal static class UsageCsv
{
    public static readonly string[] Columns =
    [
        "from",
        "to",
        "value",
        "submitted",
        "retried",
        "completed",
        "failed",
        "cancelled",
        "failureRate",
        "charactersOrdered",
        "charactersSpoken",
        "charactersReused",
        "chunksSpoken",
        "chunksReused",
        "chunksFellBack",
        "cacheHitRate",
        "spokenMs",
        "reusedMs",
        "deliveredMs",
        "minutesMade",
        "engineMs",
        "realTimeFactor",
    ];

    public static string?[] LineOf(UsageRow row) =>
        [
            CsvText.Of(row.From),
            CsvText.Of(row.To),
            row.Value,
            CsvText.Of(row.Submitted),
            CsvText.Of(row.Retried),
            CsvText.Of(row.Completed),
            CsvText.Of(row.Failed),
            CsvText.Of(row.Cancelled),
            CsvText.Of(row.FailureRate),
            CsvText.Of(row.CharactersOrdered),
            CsvText.Of(row.CharactersSpoken),
            CsvText.Of(row.CharactersReused),
            CsvText.Of(row.ChunksSpoken),
            CsvText.Of(row.ChunksReused),
            CsvText.Of(row.ChunksFellBack),
            CsvText.Of(row.CacheHitRate),
            CsvText.Of(row.SpokenMs),
            CsvText.Of(row.ReusedMs),
            CsvText.Of(row.DeliveredMs),
            CsvText.Of(row.MinutesMade),
            CsvText.Of(row.EngineMs),
            CsvText.Of(row.RealTimeFactor),
        ];
}

/// <inheritdoc cref="UsageCsv"/>
internal static class SpendCsv
{
    public static readonly string[] Columns =
    [
        "from",
        "to",
        "value",
        "charges",
        "charged",
        "refunded",
        "corrected",
        "net",
        "saved",
        "minutesMade",
    ];

    public static string?[] LineOf(SpendRow row) =>
        [
            CsvText.Of(row.From),
            CsvText.Of(row.To),
            row.Value,
            CsvText.Of(row.Charges),
            row.Charged,
            row.Refunded,
            row.Corrected,
            row.Net,
            row.Saved,
            CsvText.Of(row.MinutesMade),
        ];
}

/// <inheritdoc cref="UsageCsv"/>
internal static class FailuresCsv
{
    public static readonly string[] Columns = ["from", "to", "step", "code", "failed", "failureRate", "fellBack"];

    public static string?[] LineOf(FailuresRow row) =>
        [
            CsvText.Of(row.From),
            CsvText.Of(row.To),
            row.Step,
            row.Code,
            CsvText.Of(row.Failed),
            CsvText.Of(row.FailureRate),
            CsvText.Of(row.FellBack),
        ];
}

internal static class CsvText
{
    /// <summary>As it stands in JSON; empty where that says null.</summary>
    public static string? Of(IFormattable? value) =>
        value?.ToString(value is DateOnly ? "yyyy-MM-dd" : null, CultureInfo.InvariantCulture);
}
