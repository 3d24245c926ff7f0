namespace Lectern.SharedKernel.Telemetry;

/// <summary>A number that stands somewhere, such as in rows, and is read when somebody looks.</summary>
/// <param name="Name">With dots: <c>lectern.queue.ready</c>. The page of metrics has underscores.</param>
/// <param name="Description">For the page.</param>
/// <param name="Unit"><c>s</c>, <c>By</c>, or null for a count.</param>
public sealed record Gauge(string Name, string Description, string? Unit = null);

/// <summary>What a gauge shows.</summary>
/// <param name="Gauge">Which.</param>
/// <param name="Value">In the gauge's unit.</param>
/// <param name="Labels">Names from a list in code: lanes, kinds, providers. Never a workspace, a person or a text.</param>
public sealed record GaugeReading(Gauge Gauge, double Value, params KeyValuePair<string, object?>[] Labels)
{
    /// <summary>A label.</summary>
    public static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}

/// <summary>
/// What a part of the program tells the page of metrics of rows that all hosts share. It is asked when the page is, not
/// more than every few seconds, and has a deadline; while it can't answer, its gauges are absent rather than old.
/// </summary>
public interface IGaugePart
{
    /// <summary>Of the part, as the label of <c>lectern_gauges_readable</c>.</summary>
    string Name { get; }

    /// <summary>Every gauge that it may read.</summary>
    IReadOnlyList<Gauge> Gauges { get; }

    /// <summary>Reads them all.</summary>
    Task<IReadOnlyList<GaugeReading>> ReadAsync(CancellationToken cancel);
}
