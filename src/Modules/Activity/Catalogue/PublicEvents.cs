using System.Collections.Frozen;
using Lectern.Accounts.Contracts;
using Lectern.Activity.Webhooks;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.Voices.Contracts;

namespace Lectern.Activity.Catalogue;

/// <summary>
/// The one list of what is told outside. Stored events are the program's own and may get new versions; these names and
/// fields are a promise to others.
/// </summary>
internal static class PublicEvents
{
    /// <summary>The prefix of their ids.</summary>
    public const string Prefix = "event";

    /// <summary>The actor of what nobody did in person.</summary>
    public const string SystemActor = "system";

    private const Told Everywhere = Told.InFeed | Told.ByWebhook;

    /// <summary>All of them, in the order of the documentation.</summary>
    public static IReadOnlyList<PublicEventType> All { get; } =
    [
        Of<JobSubmitted, JobSubmittedData>(
            "job.submitted",
            "A job was accepted, and its credits are held.",
            Everywhere,
            e => new(e.Kind, e.Voice, e.Format, e.Characters, Credits.Format(e.Held)),
            d => $"{{actor}} ordered {{subject}}, to be spoken by {d.Voice}."
        ),
        Of<JobStarted, JobRunData>(
            "job.started",
            "A run of a job got its place and began.",
            Told.ByWebhook,
            e => new(e.Run),
            _ => "{subject} is being made."
        ),
        Of<ManuscriptPrepared, JobPreparedData>(
            "job.prepared",
            "The text was read into chapters and units of speech.",
            Told.ByWebhook,
            e => new(e.Chapters, e.Chunks, e.Words),
            d => $"The text of {{subject}} is read: {d.Chapters} chapters, {d.Words} words."
        ),
        Of<ChunkSynthesized, ChunkDoneData>(
            "job.chunk_done",
            "A unit of speech is there.",
            Told.Live,
            e => new(e.Chunk, false, e.Samples * 1000L / e.Rate),
            d => $"Passage {d.Chunk + 1} of {{subject}} is spoken."
        ),
        Of<ChunkReused, ChunkDoneData>(
            "job.chunk_done",
            "A unit of speech is there.",
            Told.Live,
            e => new(e.Chunk, true, e.Samples * 1000L / e.Rate),
            d => $"Passage {d.Chunk + 1} of {{subject}} was there already."
        ),
        Of<VoiceFellBack, VoiceFellBackData>(
            "job.voice_fell_back",
            "The narrator's voice could not speak a passage, and the one that the job allows instead did.",
            Told.ByWebhook,
            e => new(e.Chunk, e.From, e.To, e.Code),
            d => $"{d.To} spoke a passage of {{subject}}, since {d.From} could not ({d.Code})."
        ),
        Of<ChapterAssembled, ChapterAssembledData>(
            "job.chapter_assembled",
            "A chapter is whole.",
            Told.ByWebhook,
            e => new(e.Chapter, e.DurationMs),
            d => $"Chapter {d.Chapter + 1} of {{subject}} is whole."
        ),
        Of<AudioAssembled, AudioAssembledData>(
            "job.audio_assembled",
            "The finished file was written and verified.",
            Told.Live,
            e => new(e.Bytes, e.DurationMs),
            _ => "The file of {subject} is written."
        ),
        Of<JobCompleted, ChargedData>(
            "job.completed",
            "A run ended well: its result can be downloaded.",
            Everywhere,
            e => new(Credits.Format(e.Charged)),
            d => $"{{subject}} is finished. It cost {d.Charged} credits."
        ),
        Of<JobFailed, JobFailedData>(
            "job.failed",
            "A run ended badly; what was not delivered costs nothing.",
            Everywhere,
            e => new(e.Step, e.Code, Credits.Format(e.Charged)),
            d => $"{{subject}} failed ({d.Code})."
        ),
        Of<JobCancellationRequested, NoData>(
            "job.cancellation_requested",
            "Somebody wants the run to stop.",
            Told.Live,
            _ => new(),
            _ => "{actor} wants {subject} to stop."
        ),
        Of<JobCancelled, ChargedData>(
            "job.cancelled",
            "A run has stopped because somebody wanted it to.",
            Everywhere,
            e => new(Credits.Format(e.Charged)),
            d => $"{{subject}} was cancelled. {d.Charged} credits were charged."
        ),
        Of<JobReopened, JobReopenedData>(
            "job.reopened",
            "A failed or cancelled job goes on as a new run.",
            Everywhere,
            e => new(e.Run, Credits.Format(e.Held)),
            d => $"{{actor}} had {{subject}} tried again, as run {d.Run}."
        ),
        Of<JobMoved, JobMovedData>(
            "job.moved",
            "A job was put into a project, or out of one.",
            Told.ByWebhook,
            e => new(e.Project is { } project ? PublicId.Format(ProjectDirectory.Prefix, project) : null),
            d =>
                d.Project is null
                    ? "{actor} took {subject} out of its project."
                    : "{actor} put {subject} into a project."
        ),
        Of<JobDeleted, NoData>(
            "job.deleted",
            "A job was deleted with its texts and files.",
            Everywhere,
            _ => new(),
            _ => "{subject} was deleted."
        ),
        Of<CreditsGranted, CreditsData>(
            "credits.granted",
            "Credits were added.",
            Everywhere,
            e => new(Credits.Format(e.Amount), e.Reason),
            d => $"{d.Amount} credits were added ({d.Reason})."
        ),
        new PublicEventType<CreditsDeducted, ChargedData>(
            "credits.deducted",
            "Credits were spent on something that was delivered.",
            Told.ByWebhook, // the job's own entry says what it cost
            (_, e) => ("job", e.Job),
            e => new(Credits.Format(e.Captured)),
            d => $"{d.Charged} credits were spent on {{subject}}."
        ),
        new PublicEventType<HoldReleased, CreditsData>(
            "credits.released",
            "Credits that had been held are free again, since nothing was delivered for them.",
            Told.ByWebhook,
            (_, e) => ("job", e.Job),
            e => new(Credits.Format(e.Amount), e.Reason),
            d => $"{d.Amount} credits that were held for {{subject}} are free again."
        ),
        Of<CreditsRefunded, CreditsData>(
            "credits.refunded",
            "Credits that had been spent were given back.",
            Everywhere,
            e => new(Credits.Format(e.Amount), e.Reason),
            d => $"{d.Amount} credits were given back ({d.Reason})."
        ),
        Of<CreditsCorrected, CreditsData>(
            "credits.corrected",
            "A wrong entry of the ledger was set right.",
            Everywhere,
            e => new(Credits.Format(e.Amount), e.Reason),
            d => $"The ledger was corrected by {d.Amount} credits."
        ),
        Of<CreditsExpired, CreditsData>(
            "credits.expired",
            "What was left of credits that were given for a time is gone.",
            Everywhere,
            e => new(Credits.Format(-e.Amount), ""),
            d => $"{d.Amount} credits: their time is over."
        ),
        Of<BalanceRanLow, CreditsLowData>(
            "credits.low",
            "The available credits fell below a threshold.",
            Everywhere,
            e => new(Credits.Format(e.Available), Credits.Format(e.Below)),
            d => $"Only {d.Available} credits are left."
        ),
        Of<SpendingCapsSet, CapsData>(
            "credits.caps_set",
            "What may be spent in a day and a month was set.",
            Everywhere,
            e =>
                new(
                    e.Daily is { } daily ? Credits.Format(daily) : null,
                    e.Monthly is { } monthly ? Credits.Format(monthly) : null
                ),
            _ => "{actor} set what may be spent."
        ),
        Of<BillingStopped, NoData>(
            "billing.stopped",
            "An audit found that the books don't add up; no new job is accepted until somebody has seen to it.",
            Everywhere,
            _ => new(),
            _ => "Billing is stopped until the books are seen to; what runs can end."
        ),
        Of<BillingResumed, NoData>(
            "billing.resumed",
            "The books were seen to, and jobs are accepted again.",
            Everywhere,
            _ => new(),
            _ => "Billing goes on."
        ),
        Of<CharacterCreated, NoData>(
            "character.created",
            "A character was made of a voice sample.",
            Everywhere,
            _ => new(),
            _ => "{actor} made the character {subject}."
        ),
        Of<CharacterChanged, NoData>(
            "character.changed",
            "How a character speaks is different since, or its name or description.",
            Everywhere,
            _ => new(),
            _ => "{actor} changed the character {subject}."
        ),
        Of<CharacterPictured, NoData>(
            "character.pictured",
            "A character has another picture.",
            Told.ByWebhook,
            _ => new(),
            _ => "{actor} gave {subject} a picture."
        ),
        Of<CharacterPictureDeleted, NoData>(
            "character.picture_deleted",
            "A picture of a character was taken away.",
            Told.ByWebhook,
            _ => new(),
            _ => "{actor} took a picture of {subject} away."
        ),
        Of<CharacterPublished, NoData>(
            "character.published",
            "Everybody may see a character and speak with it.",
            Everywhere,
            _ => new(),
            _ => "{actor} published the character {subject}."
        ),
        Of<CharacterUnpublished, NoData>(
            "character.unpublished",
            "A character is its workspace's own again.",
            Everywhere,
            _ => new(),
            _ => "{actor} withdrew the character {subject} from the public."
        ),
        Of<ConsentGiven, NoData>(
            "character.consent_given",
            "Somebody declared that a character's voice may be cloned.",
            Everywhere,
            _ => new(),
            _ => "{actor} declared that the voice of {subject} may be cloned."
        ),
        Of<ConsentWithdrawn, NoData>(
            "character.consent_withdrawn",
            "The consent to clone was taken back.",
            Everywhere,
            _ => new(),
            _ => "{actor} took back that the voice of {subject} may be cloned."
        ),
        Of<VoiceCloned, CloneData>(
            "character.cloned",
            "A provider has made a clone of a character's voice.",
            Everywhere,
            e => new(e.Provider),
            d => $"{d.Provider} has cloned the voice of {{subject}}."
        ),
        Of<CloneFailed, CloneFailedData>(
            "character.clone_failed",
            "A provider made no clone of a character's voice.",
            Everywhere,
            e => new(e.Provider, e.Code),
            d => $"{d.Provider} made no clone of {{subject}} ({d.Code})."
        ),
        Of<CloneDeleted, CloneData>(
            "character.clone_deleted",
            "A clone of a character's voice is gone at the provider.",
            Told.ByWebhook,
            e => new(e.Provider),
            d => $"The clone of {{subject}} at {d.Provider} is deleted."
        ),
        Of<CharacterDeleted, NoData>(
            "character.deleted",
            "A character is gone, with its files.",
            Everywhere,
            _ => new(),
            _ => "{actor} deleted the character {subject}."
        ),
        Of<ProjectCreated, NoData>(
            "project.created",
            "A project was made.",
            Everywhere,
            _ => new(),
            _ => "{actor} made the project {subject}."
        ),
        Of<ProjectChanged, NoData>(
            "project.changed",
            "A project got another name or description.",
            Told.ByWebhook,
            _ => new(),
            _ => "{actor} described the project {subject} anew."
        ),
        Of<ProjectDeleted, NoData>(
            "project.deleted",
            "A project is gone; what was in it stays.",
            Everywhere,
            _ => new(),
            _ => "{actor} deleted the project {subject}."
        ),
        Of<LexiconCreated, LexiconData>(
            "lexicon.created",
            "A lexicon was made.",
            Everywhere,
            e => new(e.Entries),
            d => $"{{actor}} made the lexicon {{subject}} with {d.Entries} words."
        ),
        Of<LexiconChanged, LexiconChangedData>(
            "lexicon.changed",
            "Entries of a lexicon changed.",
            Everywhere,
            e => new(e.Added, e.Changed, e.Removed, e.Entries),
            d =>
                $"{{actor}} changed the lexicon {{subject}}: {d.Added} words added, {d.Changed} changed, {d.Removed} removed."
        ),
        Of<LexiconDescribed, NoData>(
            "lexicon.described",
            "A lexicon got another name or language.",
            Told.ByWebhook,
            _ => new(),
            _ => "{actor} described the lexicon {subject} anew."
        ),
        Of<LexiconDeleted, LexiconData>(
            "lexicon.deleted",
            "A lexicon and all of its versions are gone.",
            Everywhere,
            e => new(e.Entries),
            _ => "{actor} deleted the lexicon {subject}."
        ),
        Of<WebhookCreated, NoData>(
            "webhook.created",
            "An endpoint is told what happens.",
            Everywhere,
            _ => new(),
            _ => "{actor} made the webhook {subject}."
        ),
        Of<WebhookRotated, NoData>(
            "webhook.rotated",
            "A webhook has a new secret.",
            Told.InFeed,
            _ => new(),
            _ => "{actor} gave the webhook {subject} a new secret."
        ),
        Of<WebhookEnabled, NoData>(
            "webhook.enabled",
            "A webhook is told of things again.",
            Everywhere,
            _ => new(),
            _ => "{actor} enabled the webhook {subject}."
        ),
        Of<WebhookDisabled, WebhookDisabledData>(
            "webhook.disabled",
            "A webhook is told of nothing any more.",
            Everywhere,
            e => new(e.Reason),
            d => $"The webhook {{subject}} was disabled ({d.Reason})."
        ),
        Of<WebhookDeleted, NoData>(
            "webhook.deleted",
            "A webhook is gone.",
            Everywhere,
            _ => new(),
            _ => "{actor} deleted the webhook {subject}."
        ),
        new PublicEventType<AccountRegistered, NoData>(
            "person.registered",
            "Somebody signed up.",
            Everywhere,
            (_, e) => ("person", e.Person),
            _ => new(),
            _ => "{subject} signed up."
        ),
        Of<WorkspaceCreated, MemberData>(
            "workspace.created",
            "Somebody made a shared workspace.",
            Everywhere,
            e => new(AccountIds.Person(e.Person)),
            _ => "{actor} made the workspace {subject}."
        ),
        Of<MemberRoleChanged, RoleData>(
            "workspace.role_changed",
            "A member has another role.",
            Everywhere,
            e => new(AccountIds.Person(e.Person), e.From, e.To),
            d => $"{{actor}} changed the role of a member of {{subject}} from {d.From} to {d.To}."
        ),
        Of<MemberLeft, MemberData>(
            "workspace.member_left",
            "A member left a shared workspace or was removed from it.",
            Everywhere,
            e => new(AccountIds.Person(e.Person)),
            _ => "A member left {subject}."
        ),
        Of<WorkspaceDeleted, NoData>(
            "workspace.deleted",
            "A shared workspace was deleted.",
            Told.Live, // nobody is left who could read it elsewhere
            _ => new(),
            _ => "{actor} deleted {subject}."
        ),
    ];

    private static readonly FrozenDictionary<Type, PublicEventType> ByStored = All.ToFrozenDictionary(t => t.Stored);

    /// <summary>The types of stored event that are told somewhere.</summary>
    public static IReadOnlyList<Type> StoredTypes(Told where) =>
        [.. All.Where(type => (type.Told & where) == where).Select(type => type.Stored)];

    /// <summary>How a stored event is told; null for those that are nobody's business outside.</summary>
    public static PublicEventType? TypeOf(StoredEvent stored) => ByStored.GetValueOrDefault(stored.Data.GetType());

    /// <summary>A stored event as it is told; null for those that are nobody's business outside.</summary>
    public static PublicEvent? Tell(StoredEvent stored)
    {
        if (TypeOf(stored) is not { } type)
            return null;
        var (subject, id) = type.SubjectOf(stored);
        return new PublicEvent(
            PublicId.Format(Prefix, stored.Id),
            type.Name,
            stored.At!.Value,
            ActorOf(PersonOf(stored)),
            new PublicSubject(subject, IdOf(subject, id)),
            type.DataOf(stored)
        );
    }

    /// <summary>A subject's id in the API.</summary>
    public static string IdOf(string subject, Guid id) =>
        subject switch
        {
            "workspace" => AccountIds.Workspace(id),
            "person" => AccountIds.Person(id),
            _ => PublicId.Format(subject, id),
        };

    /// <summary>An actor as the API shows it.</summary>
    public static string ActorOf(Guid? person) => person is { } id ? AccountIds.Person(id) : SystemActor;

    /// <summary>
    /// Who did it in person; null for what a message's handler did. Messages are handled on behalf of whoever caused
    /// them, and that may be somebody else than it is about: the end of one person's job starts the next one's.
    /// </summary>
    public static Guid? PersonOf(StoredEvent stored) =>
        stored.Causation is null ? CallerSessions.PersonOf(stored.Actor) : null;

    /// <summary>About the stream's own subject, which the name begins with; a wallet's is its workspace.</summary>
    private static PublicEventType<TStored, TData> Of<TStored, TData>(
        string name,
        string description,
        Told told,
        Func<TStored, TData> convert,
        Func<TData, string> sentence
    )
        where TData : notnull
    {
        var subject = name[..name.IndexOf('.', StringComparison.Ordinal)];
        var isWallet = subject is "credits" or "billing";
        return new(
            name,
            description,
            told,
            (stored, _) => isWallet ? ("workspace", stored.Workspace) : (subject, stored.Stream),
            convert,
            sentence
        );
    }
}
