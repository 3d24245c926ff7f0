using System.Text.RegularExpressions;

namespace Lectern.Tests.Host.Telemetry;

/// <summary>An alert as the file has it.</summary>
internal sealed record AlertRule(string Name, IReadOnlyDictionary<string, string> Fields);

/// <summary>
/// Reads the few forms of YAML that the alerts are written in, a scalar a line, and refuses every other line: what this
/// doesn't understand, nobody has checked.
/// </summary>
internal static partial class AlertRules
{
    public static List<AlertRule> Read(string yaml)
    {
        var rules = new List<(string Name, Dictionary<string, string> Fields)>();
        foreach (var line in yaml.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith('#') || line == "groups:" || Structure().IsMatch(line))
                continue;
            var match = Scalar().Match(line);
            match.Success.ShouldBeTrue($"not understood: {line}");
            var (key, value) = (match.Groups["key"].Value, Plain(match.Groups["value"].Value));
            if (key == "alert")
                rules.Add((value, []));
            else
                rules[^1].Fields.Add(key, value);
        }

        return [.. rules.Select(rule => new AlertRule(rule.Name, rule.Fields))];
    }

    private static string Plain(string value) =>
        value.StartsWith('\'') ? value[1..^1].Replace("''", "'", StringComparison.Ordinal) : value;

    [GeneratedRegex("^(  - name: [a-z-]+|    rules:|        (labels|annotations):)$")]
    private static partial Regex Structure();

    [GeneratedRegex("^(      - |        |          )(?<key>[a-z_]+): (?<value>'(?:[^']|'')*'|[A-Za-z0-9./#_-]+)$")]
    private static partial Regex Scalar();
}
