using Lectern.Jobs.Contracts;

namespace Lectern.Jobs;

internal enum JobStatus
{
    None,
    Pending,
    Running,
    Completed,
    Failed,
    Cancelled,
    Deleted,
}

/// <summary>
/// What decisions about a job need: fixed in size, however long the book is. Chunks and segments are rows of tables.
/// </summary>
/// <param name="HeldFor">Characters of the source text that <paramref name="Held"/> is for: a part of them costs its share.</param>
/// <param name="FallbackPrice">What the fallback's part costs, in millionths of what the narrator's would.</param>
/// <param name="Project">The project that it was put into, which may be gone by now.</param>
internal sealed record Job(
    JobStatus Status,
    int Run,
    string Voice,
    string Format,
    int Bitrate,
    int Characters,
    Guid Hold,
    long Held,
    int HeldFor,
    string PriceVersion,
    int FallbackPrice,
    Guid? Project,
    bool Prepared,
    int Chunks,
    int ChunksDone,
    int Segments,
    int SegmentsEncoded,
    int Chapters,
    int ChaptersAssembled,
    bool StopRequested,
    bool DeletionRequested
)
{
    public static readonly Job Initial = new(
        JobStatus.None,
        Run: 0,
        Voice: "",
        Format: "",
        Bitrate: 0,
        Characters: 0,
        Hold: default,
        Held: 0,
        HeldFor: 0,
        PriceVersion: "",
        FallbackPrice: 1_000_000,
        Project: null,
        Prepared: false,
        Chunks: 0,
        ChunksDone: 0,
        Segments: 0,
        SegmentsEncoded: 0,
        Chapters: 0,
        ChaptersAssembled: 0,
        StopRequested: false,
        DeletionRequested: false
    );

    public bool HasEnded => Status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled;

    /// <summary>Whether a worker that holds a message of this run may still add to it.</summary>
    public bool IsAtWork(int run) => Status == JobStatus.Running && Run == run && !StopRequested;

    public static Job Evolve(Job job, object e) =>
        e switch
        {
            JobSubmitted s => job with
            {
                Status = JobStatus.Pending,
                Run = 1,
                Voice = s.Voice,
                Format = s.Format,
                Bitrate = s.Bitrate,
                Characters = s.Characters,
                Hold = s.Hold,
                Held = s.Held,
                HeldFor = s.Characters,
                PriceVersion = s.PriceVersion,
                FallbackPrice = s.FallbackPrice,
                Project = s.Project,
            },
            JobStarted => job with { Status = JobStatus.Running },
            ManuscriptPrepared p => job with
            {
                Prepared = true,
                Chapters = p.Chapters,
                Chunks = p.Chunks,
                Segments = p.Segments,
            },
            ChunkSynthesized or ChunkReused => job with { ChunksDone = job.ChunksDone + 1 },
            SegmentEncoded => job with { SegmentsEncoded = job.SegmentsEncoded + 1 },
            ChapterAssembled => job with { ChaptersAssembled = job.ChaptersAssembled + 1 },
            JobCancellationRequested => job with { StopRequested = true },
            JobCompleted => job with { Status = JobStatus.Completed, StopRequested = false },
            JobFailed => job with { Status = JobStatus.Failed, StopRequested = false },
            JobCancelled => job with { Status = JobStatus.Cancelled, StopRequested = false },
            JobReopened r => job with
            {
                Status = JobStatus.Pending,
                Run = r.Run,
                Hold = r.Hold,
                Held = r.Held,
                HeldFor = r.Characters ?? job.Characters,
                PriceVersion = r.PriceVersion,
                StopRequested = false,
            },
            JobMoved m => job with { Project = m.Project },
            JobDeletionRequested => job with { DeletionRequested = true },
            JobDeleted => job with { Status = JobStatus.Deleted },
            _ => job,
        };
}
