using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Jobs.Contracts;

namespace Lectern.Tests.Jobs.Views;

/// <summary>Histories of jobs, arranged from events in any order: whatever happened, it is to be told the same way again.</summary>
internal static class RandomJobs
{
    public const int Chunks = 6;
    public const int Segments = 3;

    public static readonly SessionContext Jane = new(
        Guid.CreateVersion7(),
        $"person:{Guid.CreateVersion7()}",
        Guid.CreateVersion7(),
        Guid.CreateVersion7()
    );

    public static List<object> Events(Random random, int most)
    {
        var events = new List<object>
        {
            new JobSubmitted("audiobook", "flite-slt", "m4b", 64, 100, Guid.CreateVersion7(), 2_000, "p1", "flite-rms"),
        };
        for (var i = random.Next(most); i > 0; i--)
            events.Add(Next(random, events.Count));
        return events;
    }

    /// <summary>Makes a job and the rows that its chunks and segments have, which its events don't tell.</summary>
    public static async Task<Guid> SaveAsync(
        JobsDatabase database,
        IReadOnlyList<object> events,
        Random random,
        CancellationToken cancel
    )
    {
        var job = Guid.CreateVersion7();
        await ArrangeAsync(database, job);
        for (var version = 0; version < events.Count; )
        {
            var group = events.Skip(version).Take(1 + random.Next(5)).ToArray();
            await using var session = database.Store.OpenSession(Jane);
            if (version == 0)
                session.StartStream<Job>(job, group);
            else
                session.Append<Job>(job, version, group);
            await session.SaveChangesAsync(cancel);
            version += group.Length;
        }

        return job;
    }

    private static async Task ArrangeAsync(JobsDatabase database, Guid job)
    {
        await database.ExecuteAsync(
            """
            insert into jobs.audio (workspace_id, hash, blob, samples, rate, bytes, sha256, call_id)
            select $1, 'a' || n, 'b', 1, 1, 1, 's', $1 from generate_series(0, $2 - 1) n on conflict do nothing
            """,
            Jane.Workspace,
            Chunks
        );
        await database.ExecuteAsync(
            """
            insert into jobs.encodings (workspace_id, hash, blob, samples, bytes)
            select $1, 'e' || n, 'b', 1, 1 from generate_series(0, $2 - 1) n on conflict do nothing
            """,
            Jane.Workspace,
            Segments
        );
        await database.ExecuteAsync(
            """
            insert into jobs.segments (job_id, segment, workspace_id, chapter, first_chunk, chunks)
            select $1, n, $2, 0, n, 1 from generate_series(0, $3 - 1) n
            """,
            job,
            Jane.Workspace,
            Segments
        );
        await database.ExecuteAsync(
            """
            insert into jobs.chunks (job_id, chunk, workspace_id, segment, source_start, source_length, spoken, pause_ms, hash)
            select $1, n, $2, 0, 0, 1, 'not to be shown', 0, 'a' || n from generate_series(0, $3 - 1) n
            """,
            job,
            Jane.Workspace,
            Chunks
        );
    }

    private static object Next(Random random, int run) =>
        random.Next(16) switch
        {
            0 => new JobStarted(run),
            1 => new ManuscriptPrepared(2, 1, Chunks, Segments, 20),
            2 => new VoiceFellBack(random.Next(Chunks), "flite-slt", "flite-rms", "provider-content-refused"),
            3 or 4 or 5 => Synthesized(random.Next(Chunks)),
            6 => Reused(random.Next(Chunks)),
            7 or 8 => Encoded(random.Next(Segments)),
            9 => new ChapterAssembled(random.Next(2), 1_000),
            10 => new AudioAssembled(Guid.CreateVersion7(), "5f", 10_000_000_000, 100),
            11 => new JobCompleted(1_500),
            12 => new JobFailed("synthesize", "internal", 3),
            13 => new JobReopened(run, Guid.CreateVersion7(), 700, "p2", random.Next(2) == 0 ? null : 75),
            14 => random.Next(2) == 0 ? new JobCancellationRequested() : new JobDeletionRequested(),
            _ => random.Next(4) == 0 ? new JobDeleted() : new JobCancelled(9),
        };

    private static ChunkSynthesized Synthesized(int chunk) => new(chunk, $"a{chunk}", 16_001, 16_000, "s", 1);

    private static ChunkReused Reused(int chunk) => new(chunk, $"a{chunk}", 7, 22_050);

    private static SegmentEncoded Encoded(int segment) => new(segment, $"e{segment}", 44_100, 1);
}
