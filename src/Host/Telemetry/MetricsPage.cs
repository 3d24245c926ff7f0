using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Lectern.Host.Telemetry;

/// <summary>
/// The meters of the program as a page of Prometheus text (exposition format 0.0.4). The names follow the
/// OpenTelemetry rules for Prometheus: dots become underscores, the unit is appended, counters end in <c>_total</c>.
/// </summary>
internal sealed class MetricsPage : IDisposable
{
    /// <summary>The media type of the page.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Runtime",
        "Npgsql",
    ];

    // They multiply the series of every route, and a proxy hides them anyway.
    private static readonly string[] Unwanted = ["url.scheme", "network.protocol.name", "network.protocol.version"];

    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly Lock _writing = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="meters">Of this host; what another host in the process makes by its own is not shown here.</param>
    public MetricsPage(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsWanted(instrument.Meter.Name) && (instrument.Meter.Scope is null || instrument.Meter.Scope == meters))
                listener.EnableMeasurementEvents(instrument, FamilyOf(instrument));
        };
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, family) => Record(family, (double)value, tags));
        _listener.Start();
    }

    /// <summary>The page as of now.</summary>
    public string Write()
    {
        var text = new StringBuilder(16 * 1024);
        lock (_writing)
        {
            foreach (var family in _families.Values)
                family.ForgetObserved();
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
                family.Write(text);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static bool IsWanted(string meter) =>
        meter.StartsWith("Lectern.", StringComparison.Ordinal) || Meters.Contains(meter);

    private static void Record(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Short-lived connections of the start have no pool with a name; theirs is the connection string.
        foreach (var (name, label) in tags)
            if (name == "db.client.connection.pool.name" && label is string pool && pool.Contains('='))
                return;
        ((MetricFamily)family!).Record(value, Labels(tags));
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            if (Unwanted.Contains(name))
                continue;
            text.Append(text.Length == 0 ? "" : ",").Append(Identifier(name)).Append("=\"");
            var shown = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            text.Append(
                    shown
                        .Replace("\\", @"\\", StringComparison.Ordinal)
                        .Replace("\"", "\\\"", StringComparison.Ordinal)
                        .Replace("\n", "\\n", StringComparison.Ordinal)
                )
                .Append('"');
        }

        return text.ToString();
    }

    private MetricFamily FamilyOf(Instrument instrument)
    {
        var kind = instrument switch
        {
            _ when IsA(instrument, typeof(Histogram<>)) => MetricKind.Histogram,
            _ when IsA(instrument, typeof(Counter<>)) || IsA(instrument, typeof(ObservableCounter<>)) =>
                MetricKind.Counter,
            _ => MetricKind.Gauge,
        };
        var adds = IsA(instrument, typeof(Counter<>)) || IsA(instrument, typeof(UpDownCounter<>));
        var name = Identifier(instrument.Name);
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        if (!name.EndsWith(unit, StringComparison.Ordinal))
            name += unit;
        if (kind == MetricKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal))
            name += "_total";
        var bounds = (instrument as Instrument<double>)?.Advice?.HistogramBucketBoundaries;
        return _families.GetOrAdd(
            name,
            _ => new MetricFamily(name, instrument.Description ?? "", kind, adds, instrument.IsObservable, bounds)
        );
    }

    private static bool IsA(Instrument instrument, Type generic) =>
        instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == generic;

    private static string Identifier(string name) =>
        string.Create(
            name.Length,
            name,
            (characters, source) =>
            {
                for (var i = 0; i < characters.Length; i++)
                    characters[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
            }
        );
}
