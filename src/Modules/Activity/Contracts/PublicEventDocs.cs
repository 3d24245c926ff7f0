using Lectern.Activity.Catalogue;

namespace Lectern.Activity.Contracts;

/// <summary>A public type of event, for the documentation.</summary>
/// <param name="Name">The public name: <c>job.completed</c>.</param>
/// <param name="Description">One sentence.</param>
/// <param name="InFeed">Whether it is an entry of the feed.</param>
/// <param name="ByWebhook">Whether webhooks can ask for it.</param>
/// <param name="Stored">The types of stored event that are told like this.</param>
/// <param name="Data">What is told about it.</param>
public sealed record PublicEventDoc(
    string Name,
    string Description,
    bool InFeed,
    bool ByWebhook,
    IReadOnlyList<Type> Stored,
    Type Data
);

/// <summary>The catalogue of public events, for the documentation.</summary>
public static class PublicEventDocs
{
    /// <summary>All of them, in the catalogue's order.</summary>
    public static IReadOnlyList<PublicEventDoc> All { get; } =
    [
        .. PublicEvents
            .All.GroupBy(type => type.Name, StringComparer.Ordinal)
            .Select(types => new PublicEventDoc(
                types.Key,
                types.First().Description,
                types.Any(type => type.Told.HasFlag(Told.InFeed)),
                types.Any(type => type.Told.HasFlag(Told.ByWebhook)),
                [.. types.Select(type => type.Stored)],
                types.First().Data
            )),
    ];
}
