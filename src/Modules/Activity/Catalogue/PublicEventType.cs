using Lectern.Eventing;

namespace Lectern.Activity.Catalogue;

/// <summary>Where a type of event is told, beside live, where all are.</summary>
[Flags]
internal enum Told
{
    /// <summary>Live only.</summary>
    Live = 0,

    /// <summary>It is an entry of the feed.</summary>
    InFeed = 1,

    /// <summary>Webhooks can ask for it.</summary>
    ByWebhook = 2,
}

/// <summary>How one type of stored event is told outside. Several stored types may be told as one public type.</summary>
/// <param name="Name">The public name: <c>job.completed</c>.</param>
/// <param name="Description">One sentence for the documentation.</param>
/// <param name="Told">Where it is told.</param>
/// <param name="Stored">The stored event's type.</param>
/// <param name="Data">The type of what is told about it.</param>
internal abstract record PublicEventType(string Name, string Description, Told Told, Type Stored, Type Data)
{
    /// <summary>What it happened to: the kind, and the id inside the program.</summary>
    public abstract (string Type, Guid Id) SubjectOf(StoredEvent stored);

    /// <summary>What is told about it.</summary>
    public abstract object DataOf(StoredEvent stored);

    /// <summary>A sentence with <c>{actor}</c> and <c>{subject}</c> in place of names, which stand in no event.</summary>
    public abstract string SentenceOf(object data);
}

internal sealed record PublicEventType<TStored, TData>(
    string Name,
    string Description,
    Told Told,
    Func<StoredEvent, TStored, (string, Guid)> Subject,
    Func<TStored, TData> Convert,
    Func<TData, string> Sentence
) : PublicEventType(Name, Description, Told, typeof(TStored), typeof(TData))
    where TData : notnull
{
    public override (string Type, Guid Id) SubjectOf(StoredEvent stored) => Subject(stored, (TStored)stored.Data);

    public override object DataOf(StoredEvent stored) => Convert((TStored)stored.Data);

    public override string SentenceOf(object data) => Sentence((TData)data);
}
