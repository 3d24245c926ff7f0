using System.Diagnostics.Metrics;

namespace Lectern.Billing.Watch;

/// <summary>Counts the workspaces whose billing was stopped.</summary>
internal static class BillingStops
{
    private static readonly Meter Meter = new("Lectern.Billing");
    private static readonly Counter<long> Stops = Meter.CreateCounter<long>(
        "lectern.billing.stops",
        description: "How often an audit in production stopped the billing of a workspace, by check."
    );

    /// <summary>Count nothing at the start: a counter that begins at one has not increased, and raises no alert.</summary>
    public static void Count(string check, int stops) =>
        Stops.Add(stops, new KeyValuePair<string, object?>("check", check));
}
