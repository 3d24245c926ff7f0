using System.Globalization;
using Lectern.SharedKernel;

namespace Lectern.Billing.ProviderCalls;

/// <summary>What providers cost against what was earned with them. Amounts are exact decimals in one currency.</summary>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC.</param>
/// <param name="Currency">Of costs, values and margins.</param>
/// <param name="CreditValue">What a credit is sold for; null when nobody said, and then no value or margin is stated.</param>
/// <param name="Total">Over all providers and days.</param>
/// <param name="Providers">By name.</param>
/// <param name="Days">By day and provider; what was neither asked nor earned is left out.</param>
internal sealed record MarginView(
    DateOnly From,
    DateOnly To,
    string Currency,
    string? CreditValue,
    MarginLine Total,
    IReadOnlyList<MarginLine> Providers,
    IReadOnlyList<MarginLine> Days
);

/// <summary>Calls, what they cost, and what was earned.</summary>
/// <param name="Day">The day, UTC; null in a sum of days.</param>
/// <param name="Provider">Whose; null in a sum of providers, and where nobody noted the provider of what was earned.</param>
/// <param name="Calls">How often it was asked.</param>
/// <param name="Units">What was asked for.</param>
/// <param name="Cost">What it bills; null where the cost of a unit is not configured.</param>
/// <param name="PossiblySpent">What it may bill besides, for calls without a known outcome; null in the same case.</param>
/// <param name="Credits">What was captured for what it made.</param>
/// <param name="Value">What these credits were sold for.</param>
/// <param name="Margin">The value without the cost.</param>
/// <param name="MarginAtLeast">The margin if all that was possibly spent is billed.</param>
internal sealed record MarginLine(
    DateOnly? Day,
    string? Provider,
    CallCounts Calls,
    IReadOnlyList<UnitCount> Units,
    string? Cost,
    string? PossiblySpent,
    string Credits,
    string? Value,
    string? Margin,
    string? MarginAtLeast
);

/// <summary>Calls by outcome.</summary>
/// <param name="Succeeded">With a result.</param>
/// <param name="Failed">Refused, or answered with nothing of use.</param>
/// <param name="Unknown">Begun; nobody knows how they ended.</param>
/// <param name="Open">Begun and not ended yet.</param>
internal sealed record CallCounts(long Succeeded, long Failed, long Unknown, long Open);

/// <summary>What was asked for, in a unit that the provider counts.</summary>
/// <param name="Ability">What it was asked to do.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Spent">That it bills.</param>
/// <param name="PossiblySpent">That it may bill besides.</param>
internal sealed record UnitCount(string Ability, string Unit, long Spent, long PossiblySpent);

/// <summary>Some calls of a day, of one provider, ability, unit and outcome.</summary>
internal sealed record CallSum(
    DateOnly Day,
    string Provider,
    string Ability,
    string Unit,
    string Outcome,
    long Calls,
    long Units
)
{
    /// <summary>For a call that has not ended.</summary>
    public const string Open = "open";

    public bool IsSpent => Outcome is "succeeded" or "failed";
}

/// <summary>What was captured on a day for what a provider made.</summary>
internal sealed record CaptureSum(DateOnly Day, string Provider, long MicroCredits);

/// <summary>Sets one against the other.</summary>
internal static class Margins
{
    // Zeros at the end say nothing; no exponent, and all digits that a decimal has.
    private const string Exact = "0.############################";

    public static MarginView Of(
        DateOnly from,
        DateOnly to,
        IReadOnlyList<CallSum> calls,
        IReadOnlyList<CaptureSum> captures,
        ProviderCallSettings settings
    ) =>
        new(
            from,
            to,
            settings.Currency,
            Text(settings.CreditValue),
            Line(null, null, calls, captures, settings),
            [
                .. calls
                    .Select(call => call.Provider)
                    .Union(captures.Select(capture => capture.Provider))
                    .Order(StringComparer.Ordinal)
                    .Select(provider =>
                        Line(
                            null,
                            provider,
                            [.. calls.Where(call => call.Provider == provider)],
                            [.. captures.Where(capture => capture.Provider == provider)],
                            settings
                        )
                    ),
            ],
            [.. Days(calls, captures, settings)]
        );

    private static IEnumerable<MarginLine> Days(
        IReadOnlyList<CallSum> calls,
        IReadOnlyList<CaptureSum> captures,
        ProviderCallSettings settings
    )
    {
        var asked = calls.ToLookup(call => (call.Day, call.Provider));
        var earned = captures.ToLookup(capture => (capture.Day, capture.Provider));
        return asked
            .Select(some => some.Key)
            .Union(earned.Select(some => some.Key))
            .OrderBy(key => key.Day)
            .ThenBy(key => key.Provider, StringComparer.Ordinal)
            .Select(key => Line(key.Day, key.Provider, [.. asked[key]], [.. earned[key]], settings));
    }

    private static MarginLine Line(
        DateOnly? day,
        string? provider,
        IReadOnlyList<CallSum> calls,
        IReadOnlyList<CaptureSum> captures,
        ProviderCallSettings settings
    )
    {
        var cost = Cost(calls.Where(call => call.IsSpent), settings);
        var possible = Cost(calls.Where(call => !call.IsSpent), settings);
        var captured = captures.Sum(capture => capture.MicroCredits);
        var value = captured * settings.CreditValue / Credits.Micro;
        return new MarginLine(
            day,
            provider is "" ? null : provider, // what was captured before providers were noted
            new CallCounts(CountOf("succeeded"), CountOf("failed"), CountOf("unknown"), CountOf(CallSum.Open)),
            [
                .. calls
                    .GroupBy(call => (call.Ability, call.Unit))
                    .OrderBy(same => same.Key)
                    .Select(same => new UnitCount(
                        same.Key.Ability,
                        same.Key.Unit,
                        same.Where(call => call.IsSpent).Sum(call => call.Units),
                        same.Where(call => !call.IsSpent).Sum(call => call.Units)
                    )),
            ],
            Text(cost),
            Text(possible),
            Credits.Format(captured),
            Text(value),
            Text(value - cost),
            Text(value - cost - possible)
        );

        long CountOf(string outcome) => calls.Where(call => call.Outcome == outcome).Sum(call => call.Calls);
    }

    /// <summary>Null when the cost of one is not known: a sum that leaves it out would look too good.</summary>
    private static decimal? Cost(IEnumerable<CallSum> calls, ProviderCallSettings settings) =>
        calls.Aggregate(
            (decimal?)0m,
            (sum, call) =>
                sum + (call.Units == 0 ? 0 : settings.CostOf(call.Provider, call.Ability, call.Unit)?.Of(call.Units))
        );

    private static string? Text(decimal? amount) => amount?.ToString(Exact, CultureInfo.InvariantCulture);
}
