using System.Globalization;

namespace Lectern.Bench;

/// <summary>One row of the table: measures what we do and its floor, side by side, and says what the bar is.</summary>
internal interface IRow
{
    /// <summary>How it is chosen on the command line.</summary>
    string Name { get; }

    /// <summary>Measures; one row can answer with several lines.</summary>
    IAsyncEnumerable<Line> MeasureAsync(Postgres postgres);
}

/// <summary>A line of the printed table.</summary>
/// <param name="What">What is measured.</param>
/// <param name="Floor">The floor, as measured in this run.</param>
/// <param name="Ours">Ours.</param>
/// <param name="Ratio">The figure that the bar is about.</param>
/// <param name="Bar">The bar in words.</param>
/// <param name="IsMet">Whether the figure meets it.</param>
internal sealed record Line(string What, string Floor, string Ours, string Ratio, string Bar, bool IsMet)
{
    /// <summary>Throughputs: ours must be at least so many times the floor's.</summary>
    public static Line AtLeast(string what, double floor, double ours, double bar, string unit) =>
        new(
            what,
            $"{Number(floor)} {unit}",
            $"{Number(ours)} {unit}",
            Number(ours / floor),
            $"≥ {Number(bar)}",
            ours / floor >= bar
        );

    /// <summary>Durations: ours must be at most so many times the floor's.</summary>
    public static Line AtMost(string what, double floor, double ours, double bar, string unit) =>
        new(
            what,
            $"{Number(floor)} {unit}",
            $"{Number(ours)} {unit}",
            Number(ours / floor),
            $"≤ {Number(bar)}",
            ours / floor <= bar
        );

    /// <summary>Latencies in milliseconds against fixed bars.</summary>
    public static Line Latency(string what, List<double> milliseconds, double barP50, double barP99)
    {
        milliseconds.Sort();
        var p50 = milliseconds[milliseconds.Count / 2];
        var p99 = milliseconds[(int)(milliseconds.Count * 0.99)];
        return new(
            what,
            "–",
            $"p50 {Number(p50)}, p99 {Number(p99)} ms",
            "–",
            $"p50 ≤ {barP50}, p99 ≤ {barP99} ms",
            p50 <= barP50 && p99 <= barP99
        );
    }

    /// <summary>What 95 of 100 stay below.</summary>
    public static double P95(List<double> took) => took.Order().ElementAt((int)(took.Count * 0.95));

    public static string Number(double value) =>
        value >= 1000
            ? Math.Round(value).ToString("#,0", CultureInfo.InvariantCulture)
            : value.ToString(value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
