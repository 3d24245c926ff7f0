using Lectern.Activity.Catalogue;
using Lectern.SharedKernel;

namespace Lectern.Activity.Webhooks;

/// <summary>What an endpoint wants to be told: names of events, prefixes such as <c>job.*</c>, or <c>*</c>.</summary>
internal static class WebhookFilter
{
    private const string Everything = "*";
    private const string AllBelow = ".*";
    private const int MostEntries = 100;

    /// <summary>The public names that can be asked for.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. PublicEvents
            .All.Where(type => type.Told.HasFlag(Told.ByWebhook))
            .Select(type => type.Name)
            .Distinct(StringComparer.Ordinal),
    ];

    public static bool Matches(IReadOnlyList<string> wanted, string name) =>
        wanted.Any(entry =>
            entry == Everything
            || entry == name
            || (
                entry.EndsWith(AllBelow, StringComparison.Ordinal)
                && name.StartsWith(entry[..^1], StringComparison.Ordinal)
            )
        );

    /// <summary>What is wrong with what somebody wants; a list's elements may be null, whatever its type says.</summary>
    public static IEnumerable<FieldError> Faults(IReadOnlyList<string?> wanted)
    {
        if (wanted.Count is 0 or > MostEntries)
            yield return new FieldError("/events", $"must be 1 to {MostEntries}");
        for (var i = 0; i < Math.Min(wanted.Count, MostEntries); i++)
        {
            var entry = wanted[i];
            if (entry is null || !Names.Any(name => Matches([entry], name)))
                yield return new FieldError(
                    $"/events/{i}",
                    $"must be *, a prefix such as job.*, or one of {string.Join(", ", Names)}"
                );
        }
    }
}
