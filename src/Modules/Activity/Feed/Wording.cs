using System.Text.RegularExpressions;
using Lectern.SharedKernel;

namespace Lectern.Activity.Feed;

/// <summary>Puts names into sentences.</summary>
internal static partial class Wording
{
    private const string ActorsPlace = "{actor}";

    // In one pass: a name that looks like a place for another stays a name.
    public static string Write(string sentence, ThingName actor, ThingName subject) =>
        Place()
            .Replace(
                sentence,
                place =>
                {
                    var name = place.Value == ActorsPlace ? actor : subject;
                    return place.Index > 0 || name.IsGiven ? name.Text : Capitalized(name.Text);
                }
            );

    /// <summary>Where a thing is in the API.</summary>
    public static string? LinkOf(string kind, string id) =>
        kind switch
        {
            "job" or "character" or "lexicon" or "project" or "workspace" => $"/api/v1/{kind}s/{id}",
            _ => null,
        };

    private static string Capitalized(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    [GeneratedRegex(@"\{actor\}|\{subject\}")]
    private static partial Regex Place();
}
