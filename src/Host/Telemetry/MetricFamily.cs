using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Lectern.Host.Telemetry;

/// <summary>How Prometheus treats a family.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>One metric with all its label values.</summary>
internal sealed class MetricFamily(
    string name,
    string description,
    MetricKind kind,
    bool adds,
    bool isObserved,
    IReadOnlyList<double>? bounds
)
{
    // Labels come from code, but a route or an error type too many must not eat the memory.
    private const int MostSeries = 2000;
    private const string Overflow = "overflow=\"true\"";

    // The default of OpenTelemetry for durations in seconds.
    private static readonly double[] DefaultBounds =
    [
        0.005,
        0.01,
        0.025,
        0.05,
        0.075,
        0.1,
        0.25,
        0.5,
        0.75,
        1,
        2.5,
        5,
        7.5,
        10,
    ];

    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly double[] _bounds = kind == MetricKind.Histogram ? [.. bounds ?? DefaultBounds] : [];

    public string Name => name;

    public void Record(double value, string labels)
    {
        if (!_series.TryGetValue(labels, out var series))
        {
            var key = _series.Count < MostSeries ? labels : Overflow;
            series = _series.GetOrAdd(key, _ => new Series(_bounds.Length));
        }

        lock (series)
        {
            if (kind == MetricKind.Histogram)
            {
                series.Count++;
                series.Value += value;
                var bucket = Array.FindIndex(_bounds, bound => value <= bound);
                if (bucket >= 0)
                    series.Buckets[bucket]++;
            }
            else
            {
                // Two instruments of one name, such as one per connection pool, are told apart by labels or summed.
                series.Value = adds || isObserved ? series.Value + value : value;
            }
        }
    }

    /// <summary>What is observed is told anew for each page; a series that isn't told any more is gone.</summary>
    public void ForgetObserved()
    {
        if (isObserved)
            _series.Clear();
    }

    public void Write(StringBuilder text)
    {
        // Also of what has not happened yet: whoever writes an alert sees that the name is right.
        text.Append("# HELP ").Append(name).Append(' ').Append(description.Replace('\n', ' ')).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(kind.ToString().ToLowerInvariant()).Append('\n');
        foreach (var (labels, series) in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            lock (series)
            {
                if (kind == MetricKind.Histogram)
                    WriteHistogram(text, labels, series);
                else
                    Line(text, "", labels, series.Value);
            }
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, Series series)
    {
        var separator = labels.Length == 0 ? "" : ",";
        long below = 0;
        for (var i = 0; i < _bounds.Length; i++)
        {
            below += series.Buckets[i];
            Line(text, "_bucket", $"{labels}{separator}le=\"{Number(_bounds[i])}\"", below);
        }

        Line(text, "_bucket", $"{labels}{separator}le=\"+Inf\"", series.Count);
        Line(text, "_sum", labels, series.Value);
        Line(text, "_count", labels, series.Count);
    }

    private void Line(StringBuilder text, string suffix, string labels, double value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private sealed class Series(int buckets)
    {
        public long[] Buckets { get; } = new long[buckets];
        public long Count { get; set; }
        public double Value { get; set; }
    }
}
