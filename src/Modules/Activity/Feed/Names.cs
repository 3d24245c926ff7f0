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
        var found = new Dictionary<(string Kind, Guid Id), string>();
        var ids = needed.Distinct().ToLookup(thing => thing.Kind, thing => thing.Id);
        foreach (var source in sources.Where(source => ids.Contains(source.Kind)))
        foreach (var (id, name) in await source.ReadAsync(session, [.. ids[source.Kind]], cancel))
            found[(source.Kind, id)] = name;
        return new Names(found);
    }
}

/// <summary>What people and things are called now, as far as a reader may know.</summary>
internal sealed class Names(IReadOnlyDictionary<(string Kind, Guid Id), string> found)
{
    /// <summary>The name; null for what is gone.</summary>
    public string? Find(string kind, Guid id) => found.GetValueOrDefault((kind, id));

    /// <summary>Who did something, for a sentence.</summary>
    public string Actor(Guid? person) => person is { } id ? Subject("person", id) : "Lectern";

    /// <summary>What something happened to, for a sentence.</summary>
    public string Subject(string kind, Guid id) =>
        Find(kind, id) is { } name ? (kind == "job" ? $"“{name}”" : name)
        : kind == "person" ? "somebody who left"
        : kind == "webhook" ? PublicEvents.IdOf(kind, id) // it has none, and its address is for admins only
        : $"a deleted {kind}";
}
