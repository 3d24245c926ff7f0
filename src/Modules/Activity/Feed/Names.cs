using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Activity.Feed;

/// <summary>Asks the modules for names.</summary>
internal sealed class NameReader(IEnumerable<NameSource> sources)
{
    /// <summary>All names that are needed, with one query for each kind.</summary>
    public async Task<Names> ReadAsync(
        Session session,
        IEnumerable<(string Kind, Guid Id)> needed,
        CancellationToken cancel
    )
    {
        var found = new Dictionary<(string Kind, Guid Id), ThingName>();
        var ids = needed.Distinct().ToLookup(thing => thing.Kind, thing => thing.Id);
        foreach (var source in sources.Where(source => ids.Contains(source.Kind)))
        foreach (var (id, name) in await source.ReadAsync(session, [.. ids[source.Kind]], cancel))
            found[(source.Kind, id)] = name;
        return new Names(found);
    }
}

/// <summary>What people and things are called now, as far as a reader may know.</summary>
internal sealed class Names(IReadOnlyDictionary<(string Kind, Guid Id), ThingName> found)
{
    /// <summary>The name; null for what is gone.</summary>
    public string? Find(string kind, Guid id) => found.GetValueOrDefault((kind, id))?.Text;

    /// <summary>Who did something, for a sentence.</summary>
    public ThingName Actor(Guid? person) => person is { } id ? Subject("person", id) : new("Lectern");

    /// <summary>What something happened to, for a sentence.</summary>
    public ThingName Subject(string kind, Guid id) =>
        found.TryGetValue((kind, id), out var name) ? (kind == "job" ? new($"“{name.Text}”") : name)
        : kind == "person" ? new("somebody who left", IsGiven: false)
        : kind == "webhook" ? new(PublicEvents.IdOf(kind, id)) // it has no name, and its address is for admins only
        : new($"a deleted {kind}", IsGiven: false);
}
