using System.Text.Json;
using Lectern.Accounts.Contracts;
using Lectern.Activity.Catalogue;
using Lectern.SharedKernel;
using Npgsql;

namespace Lectern.Activity.Feed;

/// <summary>Something that happened, in words and as data.</summary>
/// <param name="Id">The event's id: the same wherever it is told.</param>
/// <param name="Type">What kind of thing happened, from the catalogue: <c>job.completed</c>.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="Text">A sentence in English, with the names that people and things have now.</param>
/// <param name="Actor">Who did it: a person's id, or <c>system</c>.</param>
/// <param name="ActorName">That person's name; null for the system, and for who left.</param>
/// <param name="ApiKey">The API key with which they did it, for admins of the workspace who logged in; null for all others, and when it was done without one.</param>
/// <param name="Owner">Whose job it is about, where that is not the actor.</param>
/// <param name="Subject">What it happened to.</param>
/// <param name="Project">The project that it belongs to.</param>
/// <param name="Data">What there is to know about it; its fields depend on the type.</param>
/// <param name="Unread">Whether the caller has not marked it as read.</param>
internal sealed record ActivityView(
    string Id,
    string Type,
    DateTimeOffset At,
    string Text,
    string Actor,
    string? ActorName,
    string? ApiKey,
    string? Owner,
    ActivitySubject Subject,
    string? Project,
    JsonElement Data,
    bool Unread
)
{
    /// <summary>For the documentation.</summary>
    public static readonly ActivityView Example = new(
        "event_01h455vb4pex5vsknk084sn02s",
        "job.completed",
        DateTimeOffset.UnixEpoch,
        "“Moby-Dick” is finished. It cost 9.4 credits.",
        PublicEvents.SystemActor,
        null,
        null,
        "person_01h455vb4pex5vsknk084sn02q",
        new ActivitySubject(
            "job",
            "job_01h455vb4pex5vsknk084sn02r",
            "Moby-Dick",
            "/api/v1/jobs/job_01h455vb4pex5vsknk084sn02r"
        ),
        null,
        JsonSerializer.SerializeToElement(new ChargedData("9.4"), PublicJson.Default.ChargedData),
        true
    );
}

/// <summary>What something happened to.</summary>
/// <param name="Type"><c>job</c>, <c>character</c>, <c>lexicon</c>, <c>project</c>, <c>webhook</c>, <c>workspace</c> or <c>person</c>.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called now; null when it is gone.</param>
/// <param name="Link">Where it is; null when it is gone, or nowhere by itself.</param>
internal sealed record ActivitySubject(string Type, string Id, string? Name, string? Link);

/// <summary>An entry as it is kept.</summary>
internal sealed record FeedEntry(
    long Seq,
    Guid Id,
    PublicEventType Type,
    DateTimeOffset At,
    Guid? Actor,
    string? Credential,
    Guid? Owner,
    string SubjectType,
    Guid SubjectId,
    Guid? Project,
    object Data,
    bool Unread
)
{
    public const string Columns =
        "f.seq, f.id, f.type, f.at, f.actor_id, f.credential, f.owner_id, f.subject_type, f.subject_id, f.project_id, f.data::text";

    // Two stored types may be told alike; what is told of them in the feed has one form for each name.
    private static readonly Dictionary<string, PublicEventType> ByName = PublicEvents
        .All.Where(type => type.Told.HasFlag(Told.InFeed))
        .ToDictionary(type => type.Name);

    public static FeedEntry Read(NpgsqlDataReader row)
    {
        var type = ByName[row.GetString(2)];
        return new FeedEntry(
            row.GetInt64(0),
            row.GetGuid(1),
            type,
            row.GetFieldValue<DateTimeOffset>(3),
            row.IsDBNull(4) ? null : row.GetGuid(4),
            row.IsDBNull(5) ? null : row.GetString(5),
            row.IsDBNull(6) ? null : row.GetGuid(6),
            row.GetString(7),
            row.GetGuid(8),
            row.IsDBNull(9) ? null : row.GetGuid(9),
            JsonSerializer.Deserialize(row.GetString(10), PublicJson.Of(type))!,
            row.GetBoolean(11)
        );
    }

    /// <summary>The things whose names the words need.</summary>
    public IEnumerable<(string Kind, Guid Id)> Named =>
        Actor is { } actor ? [(SubjectType, SubjectId), ("person", actor)] : [(SubjectType, SubjectId)];

    /// <summary>As it is told.</summary>
    /// <param name="names">What people and things are called now.</param>
    /// <param name="tellsKeys">Whether the reader may know with which API key somebody acted.</param>
    public ActivityView Show(Names names, bool tellsKeys)
    {
        var subject = PublicEvents.IdOf(SubjectType, SubjectId);
        var name = names.Find(SubjectType, SubjectId);
        return new ActivityView(
            PublicId.Format(PublicEvents.Prefix, Id),
            Type.Name,
            At,
            Wording.Write(Type.SentenceOf(Data), names.Actor(Actor), names.Subject(SubjectType, SubjectId)),
            PublicEvents.ActorOf(Actor),
            Actor is { } actor ? names.Find("person", actor) : null,
            tellsKeys && Actor is not null && CallerSessions.KeyOf(Credential) is { } key
                ? AccountIds.ApiKey(key)
                : null,
            Owner is { } owner ? AccountIds.Person(owner) : null,
            new ActivitySubject(SubjectType, subject, name, name is null ? null : Wording.LinkOf(SubjectType, subject)),
            Project is { } project ? PublicEvents.IdOf("project", project) : null,
            JsonSerializer.SerializeToElement(Data, PublicJson.Of(Type)),
            Unread
        );
    }
}
