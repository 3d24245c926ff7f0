namespace Lectern.Jobs.Contracts;

// All events of a job's stream. Ids, hashes and counts only: titles, texts and names stand in detail tables, which can
// be erased.

/// <summary>A job was accepted, its credits held.</summary>
/// <param name="Kind">What is made: <c>audiobook</c>.</param>
/// <param name="Voice">The catalogue's id of the narrator's voice.</param>
/// <param name="Format"><c>m4b</c>, <c>mp3</c> or <c>wav</c>.</param>
/// <param name="Bitrate">Kilobits per second; 0 for formats without one.</param>
/// <param name="Characters">Characters of the source text, which the price is for.</param>
/// <param name="Hold">The hold on the wallet.</param>
/// <param name="Held">Micro-credits held.</param>
/// <param name="PriceVersion">The price list that was quoted.</param>
/// <param name="FallbackVoice">Who may speak what the narrator can't; null for nobody.</param>
/// <param name="FallbackPrice">
/// What a passage costs that the fallback speaks, in millionths of what it would have cost with the narrator.
/// </param>
/// <param name="PricedAs">Engine and class that the price is for, <c>flite/standard</c>; nobody else speaks for it.</param>
/// <param name="FallbackPricedAs">The same of the fallback.</param>
/// <param name="Project">The project that it is in; null for none.</param>
public sealed record JobSubmitted(
    string Kind,
    string Voice,
    string Format,
    int Bitrate,
    int Characters,
    Guid Hold,
    long Held,
    string PriceVersion,
    string? FallbackVoice = null,
    int FallbackPrice = 1_000_000,
    string? PricedAs = null,
    string? FallbackPricedAs = null,
    Guid? Project = null
);

/// <summary>A run got one of the workspace's places and began.</summary>
/// <param name="Run">1 for the first.</param>
public sealed record JobStarted(int Run);

/// <summary>The manuscript was read into chapters, and these cut into chunks and segments.</summary>
/// <param name="Chapters">Chapters with words.</param>
/// <param name="Skipped">Chapters without words, and other parts that are not spoken.</param>
/// <param name="Chunks">Units of speech.</param>
/// <param name="Segments">Units of encoding.</param>
/// <param name="Words">Words of the source text.</param>
public sealed record ManuscriptPrepared(int Chapters, int Skipped, int Chunks, int Segments, int Words);

/// <summary>The narrator's voice could not speak a chunk, so the one that the job allows instead did.</summary>
/// <param name="Chunk">Place in the book, from 0.</param>
/// <param name="From">The narrator's voice.</param>
/// <param name="To">The voice that spoke.</param>
/// <param name="Code">How the narrator's provider failed: a stable code.</param>
public sealed record VoiceFellBack(int Chunk, string From, string To, string Code);

/// <summary>A chunk was spoken by the engine and its audio stored.</summary>
/// <param name="Chunk">Place in the book, from 0.</param>
/// <param name="Audio">Content hash that the audio is stored under, in hexadecimal.</param>
/// <param name="Samples">Length in samples.</param>
/// <param name="Rate">Samples per second.</param>
/// <param name="Sha256">Of the stored audio, in hexadecimal.</param>
/// <param name="Bytes">Size of the stored audio.</param>
/// <param name="Provider">The engine's stable name: <c>flite</c>; null in events of before this was noted, like what follows.</param>
/// <param name="TookMs">How long the engine took, in milliseconds.</param>
/// <param name="Characters">Characters of the source text that it speaks, which the price is for.</param>
/// <param name="Voice">Who spoke when it was not the narrator; null for the narrator.</param>
public sealed record ChunkSynthesized(
    int Chunk,
    string Audio,
    int Samples,
    int Rate,
    string Sha256,
    long Bytes,
    string? Provider = null,
    int? TookMs = null,
    int? Characters = null,
    string? Voice = null
);

/// <summary>A chunk's audio was known already in this workspace; the engine was not called.</summary>
/// <param name="Chunk">Place in the book, from 0.</param>
/// <param name="Audio">Content hash that the audio is stored under, in hexadecimal.</param>
/// <param name="Samples">Length in samples.</param>
/// <param name="Rate">Samples per second.</param>
/// <param name="Characters">Characters of the source text that it speaks; null in events of before this was noted.</param>
public sealed record ChunkReused(int Chunk, string Audio, int Samples, int Rate, int? Characters = null);

/// <summary>A segment, which is a few chunks with their pauses, was encoded (or its encoding was known).</summary>
/// <param name="Segment">Place in the book, from 0.</param>
/// <param name="Encoding">Hash that the encoded bytes are stored under, in hexadecimal.</param>
/// <param name="Samples">Length in samples of the output's rate, whole codec frames.</param>
/// <param name="Bytes">Size.</param>
public sealed record SegmentEncoded(int Segment, string Encoding, long Samples, long Bytes);

/// <summary>All segments of a chapter are encoded: its exact length is known.</summary>
/// <param name="Chapter">Place in the book, from 0.</param>
/// <param name="DurationMs">Length in milliseconds.</param>
public sealed record ChapterAssembled(int Chapter, long DurationMs);

/// <summary>The finished file was written and verified.</summary>
/// <param name="Artifact">The file's id.</param>
/// <param name="Sha256">Of the file, in hexadecimal.</param>
/// <param name="Bytes">Size.</param>
/// <param name="DurationMs">Length in milliseconds.</param>
public sealed record AudioAssembled(Guid Artifact, string Sha256, long Bytes, long DurationMs);

/// <summary>The run ended well; what it delivered is paid in the same transaction.</summary>
/// <param name="Charged">Micro-credits captured for this run.</param>
public sealed record JobCompleted(long Charged);

/// <summary>The run ended badly; what was not delivered costs nothing.</summary>
/// <param name="Step">The step that failed: <c>prepare</c>, <c>synthesize</c>, <c>encode</c>, <c>package</c>, or <c>hold</c> when the credits could be held no longer.</param>
/// <param name="Code">A stable code; the sentence that goes with it is in the job's view.</param>
/// <param name="Charged">Micro-credits captured for what had been delivered.</param>
public sealed record JobFailed(string Step, string Code, long Charged);

/// <summary>Somebody wants the run to stop; it does at the next chunk boundary.</summary>
public sealed record JobCancellationRequested;

/// <summary>The run has stopped because somebody wanted it to.</summary>
/// <param name="Charged">Micro-credits captured for what had been delivered.</param>
public sealed record JobCancelled(long Charged);

/// <summary>A failed or cancelled job goes on from where it stopped, as a new run with its own hold.</summary>
/// <param name="Run">The new run's number.</param>
/// <param name="Hold">The hold on the wallet.</param>
/// <param name="Held">Micro-credits held.</param>
/// <param name="PriceVersion">The price list that holds for this run.</param>
/// <param name="Characters">
/// Characters that are held for: those whose audio was not paid yet. Without it, all of the text, as in events of before.
/// </param>
/// <param name="PricedAs">Engine and class that the price of this run is for.</param>
public sealed record JobReopened(
    int Run,
    Guid Hold,
    long Held,
    string PriceVersion,
    int? Characters = null,
    string? PricedAs = null
);

/// <summary>The job came into another project, or out of its project.</summary>
/// <param name="Project">The project that it is in; null for none.</param>
public sealed record JobMoved(Guid? Project);

/// <summary>The job got another title. It stands in no event.</summary>
public sealed record JobRenamed;

/// <summary>The job is to be deleted as soon as its run has stopped.</summary>
public sealed record JobDeletionRequested;

/// <summary>The job was deleted: its texts and files are erased, its events stay.</summary>
public sealed record JobDeleted;
