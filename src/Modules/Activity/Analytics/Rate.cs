namespace Lectern.Activity.Analytics;

/// <summary>One number of another.</summary>
internal static class Rate
{
    /// <summary>Null where it would say nothing.</summary>
    public static double? Of(long part, long whole) => whole == 0 ? null : Math.Round((double)part / whole, 4);
}
