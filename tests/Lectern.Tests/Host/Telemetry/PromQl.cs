using System.Text.RegularExpressions;

namespace Lectern.Tests.Host.Telemetry;

/// <summary>As much of PromQL as finds the names of metrics in an expression.</summary>
internal static partial class PromQl
{
    private static readonly HashSet<string> Keywords = new(
        ["and", "or", "unless", "bool", "offset", "inf", "nan"],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>The metrics that an expression names.</summary>
    public static IEnumerable<string> MetricsOf(string expression)
    {
        var bare = Grouping().Replace(Range().Replace(Selector().Replace(expression, ""), ""), "");
        return Identifier()
            .Matches(bare)
            .Where(match => !bare[(match.Index + match.Length)..].TrimStart().StartsWith('(')) // a function or aggregation
            .Select(match => match.Value)
            .Where(name => !Keywords.Contains(name))
            .Distinct();
    }

    [GeneratedRegex("""\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}""")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("(?<![a-zA-Z0-9_:.])[a-zA-Z_:][a-zA-Z0-9_:]*")] // a duration's unit is no name
    private static partial Regex Identifier();
}
