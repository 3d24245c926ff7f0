namespace Lectern.Activity.Catalogue;

// What is told about events, by kind. Credits are decimal numbers as texts, as everywhere in the API; durations are
// milliseconds. A field is only ever added.

/// <summary>There is nothing more to know.</summary>
internal sealed record NoData;

/// <summary>What was ordered.</summary>
/// <param name="Kind">What is made: <c>audiobook</c>.</param>
/// <param name="Voice">The narrator's voice.</param>
/// <param name="Format">The file's format.</param>
/// <param name="Characters">Characters of the source text.</param>
/// <param name="Held">Credits held for it.</param>
internal sealed record JobSubmittedData(string Kind, string Voice, string Format, int Characters, string Held);

/// <summary>Which run of the job.</summary>
/// <param name="Run">1 for the first, and one more with each retry.</param>
internal sealed record JobRunData(int Run);

/// <summary>What the text was cut into.</summary>
/// <param name="Chapters">Chapters with words.</param>
/// <param name="Chunks">Units of speech.</param>
/// <param name="Words">Words of the source text.</param>
internal sealed record JobPreparedData(int Chapters, int Chunks, int Words);

/// <summary>A unit of speech.</summary>
/// <param name="Chunk">Its place in the text, from 0.</param>
/// <param name="Reused">Whether its audio was there already, and no engine was asked.</param>
/// <param name="AudioMs">Milliseconds of speech.</param>
internal sealed record ChunkDoneData(int Chunk, bool Reused, long AudioMs);

/// <summary>Another voice spoke.</summary>
/// <param name="Chunk">The unit of speech, from 0.</param>
/// <param name="From">The narrator's voice.</param>
/// <param name="To">The voice that spoke.</param>
/// <param name="Code">Why the narrator's could not: a stable code.</param>
internal sealed record VoiceFellBackData(int Chunk, string From, string To, string Code);

/// <summary>A chapter's audio.</summary>
/// <param name="Chapter">Its place, from 0.</param>
/// <param name="DurationMs">How long it plays.</param>
internal sealed record ChapterAssembledData(int Chapter, long DurationMs);

/// <summary>The finished file.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="DurationMs">How long it plays.</param>
internal sealed record AudioAssembledData(long Bytes, long DurationMs);

/// <summary>What the run cost.</summary>
/// <param name="Charged">Credits charged for it.</param>
internal sealed record ChargedData(string Charged);

/// <summary>Why it failed.</summary>
/// <param name="Step">The step that failed.</param>
/// <param name="Code">A stable code.</param>
/// <param name="Charged">Credits charged for what had been delivered.</param>
internal sealed record JobFailedData(string Step, string Code, string Charged);

/// <summary>How the job goes on.</summary>
/// <param name="Run">The new run's number.</param>
/// <param name="Held">Credits held for it.</param>
internal sealed record JobReopenedData(int Run, string Held);

/// <summary>Where a job is kept.</summary>
/// <param name="Project">The project; null for none.</param>
internal sealed record JobMovedData(string? Project);

/// <summary>Credits that moved.</summary>
/// <param name="Amount">How many; with a minus when they were taken away.</param>
/// <param name="Reason">A stable code; empty when there is none.</param>
internal sealed record CreditsData(string Amount, string Reason);

/// <summary>What is left.</summary>
/// <param name="Available">Credits that can be spent.</param>
/// <param name="Below">The threshold that they fell below.</param>
internal sealed record CreditsLowData(string Available, string Below);

/// <summary>What may be spent in a time.</summary>
/// <param name="Daily">Credits in a day; null for no cap.</param>
/// <param name="Monthly">Credits in a month; null for no cap.</param>
internal sealed record CapsData(string? Daily, string? Monthly);

/// <summary>A clone of a voice at a provider.</summary>
/// <param name="Provider">The engine.</param>
internal sealed record CloneData(string Provider);

/// <summary>A clone that was not made.</summary>
/// <param name="Provider">The engine.</param>
/// <param name="Code">Why: a stable code.</param>
internal sealed record CloneFailedData(string Provider, string Code);

/// <summary>What changed in a lexicon.</summary>
/// <param name="Added">Words that it has now.</param>
/// <param name="Changed">Words that are said otherwise.</param>
/// <param name="Removed">Words that it has no more.</param>
/// <param name="Entries">How many it has now.</param>
internal sealed record LexiconChangedData(int Added, int Changed, int Removed, int Entries);

/// <summary>A lexicon's size.</summary>
/// <param name="Entries">How many words it has or had.</param>
internal sealed record LexiconData(int Entries);

/// <summary>A member's role.</summary>
/// <param name="Person">The member.</param>
/// <param name="From">The role before.</param>
/// <param name="To">The role from now on.</param>
internal sealed record RoleData(string Person, string From, string To);

/// <summary>A member.</summary>
/// <param name="Person">Who it is.</param>
internal sealed record MemberData(string Person);

/// <summary>Why a webhook is disabled.</summary>
/// <param name="Reason"><c>asked</c>, <c>gone</c> or <c>failing</c>.</param>
internal sealed record WebhookDisabledData(string Reason);
