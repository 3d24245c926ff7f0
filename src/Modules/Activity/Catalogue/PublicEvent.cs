namespace Lectern.Activity.Catalogue;

/// <summary>What happened, as everybody outside is told it: in the feed, live and by webhooks in the same form.</summary>
/// <param name="Id">The event's id: the same wherever it is told, and however often.</param>
/// <param name="Type">What kind of thing happened, from the catalogue: <c>job.completed</c>.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="Actor">Who caused it: a person's id, or <c>system</c>.</param>
/// <param name="Subject">What it happened to.</param>
/// <param name="Data">What there is to know about it; its fields depend on the type.</param>
internal sealed record PublicEvent(
    string Id,
    string Type,
    DateTimeOffset At,
    string Actor,
    PublicSubject Subject,
    object Data
);

/// <summary>What something happened to.</summary>
/// <param name="Type"><c>job</c>, <c>project</c>, <c>character</c>, <c>lexicon</c>, <c>webhook</c>, <c>workspace</c> or <c>person</c>.</param>
/// <param name="Id">Its id in the API.</param>
internal sealed record PublicSubject(string Type, string Id);
