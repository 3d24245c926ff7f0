namespace Lectern.Activity.Analytics;

/// <summary>What was made or spent, in a workspace or in all of them.</summary>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC.</param>
/// <param name="Every">How long each period is.</param>
/// <param name="By">What it is divided by; null for nothing.</param>
/// <param name="Total">All of these days, undivided.</param>
/// <param name="Rows">One for each period and value, in order; where nothing happened it has zeros.</param>
internal sealed record AnalyticsView<TRow>(
    DateOnly From,
    DateOnly To,
    Every Every,
    string? By,
    TRow Total,
    IReadOnlyList<TRow> Rows
)
    where TRow : notnull;
