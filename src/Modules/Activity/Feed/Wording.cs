using System.Text.RegularExpressions;

namespace Lectern.Activity.Feed;

/// <summary>Puts names into sentences.</summary>
internal static partial class Wording
{
    // In one pass: a name that looks like a place for another stays a name.
    public static string Write(string sentence, string actor, string subject)
    {
        var text = Place().Replace(sentence, place => place.ValueSpan is "{actor}" ? actor : subject);
        return text.Length > 0 && Place().Match(sentence) is { Success: true, Index: 0 } && IsOurs(text)
            ? char.ToUpperInvariant(text[0]) + text[1..]
            : text;
    }

    /// <summary>Where a thing is in the API.</summary>
    public static string? LinkOf(string kind, string id) =>
        kind switch
        {
            "job" or "character" or "lexicon" or "project" or "workspace" => $"/api/v1/{kind}s/{id}",
            _ => null,
        };

    // What stands for a name that is gone begins a sentence with a capital; a name is written as it is.
    private static bool IsOurs(string text) =>
        text.StartsWith("a deleted ", StringComparison.Ordinal)
        || text.StartsWith("somebody who left", StringComparison.Ordinal)
        || text.StartsWith("the personal workspace", StringComparison.Ordinal);

    [GeneratedRegex(@"\{actor\}|\{subject\}")]
    private static partial Regex Place();
}
