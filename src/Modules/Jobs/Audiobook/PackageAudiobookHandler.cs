using System.Runtime.CompilerServices;
using Lectern.Eventing;
using Lectern.Jobs.Audio;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Ending;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Processes;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Audiobook;

/// <summary>
/// Joins the segments into the finished file, checks it from outside, and ends the run: result, payment and end are one
/// transaction.
/// </summary>
internal sealed class PackageAudiobookHandler(
    EventStore store,
    VoiceDirectory voices,
    Packaging packaging,
    IBlobStore blobs
) : IMessageHandler<PackageAudiobook>
{
    public async Task HandleAsync(PackageAudiobook message, MessageContext context, CancellationToken stop)
    {
        var plan = await FindAsync(message, context.Session.Context, stop);
        if (plan is null)
            return; // the run has ended, or is about to

        var artifact = store.NewId();
        var stored = await PackageAsync(plan, artifact, context.Session.Context.Workspace, stop);

        var session = context.Session;
        var job = await session.FetchForExclusiveWriting<Job>(message.Job, stop);
        session.Execute(
            """
            insert into jobs.artifacts (id, job_id, workspace_id, run, blob, sha256, bytes, media_type)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            artifact,
            message.Job,
            session.Context.Workspace,
            message.Run,
            stored.Key,
            stored.Sha256,
            stored.Size,
            plan.Book.Format.MediaType
        );
        if (job is null || !job.State.IsAtWork(message.Run))
            return; // its row lets the file be found and deleted
        await RunEnding.CompleteAsync(
            session,
            job,
            new AudioAssembled(artifact, stored.Sha256, stored.Size, plan.Book.Samples * 1000 / plan.Book.Rate),
            stop
        );
    }

    public Task GiveUpAsync(
        PackageAudiobook message,
        MessageContext context,
        Exception error,
        CancellationToken stop
    ) => StepFailure.EndRunAsync(context.Session, message.Job, message.Run, "package", error, stop);

    private async Task<StoredBlob> PackageAsync(PackagePlan plan, Guid artifact, Guid workspace, CancellationToken stop)
    {
        using var directory = new PrivateDirectory();
        var path = Path.Combine(directory.Path, $"book.{plan.Book.Format.Name}");
        await packaging.WriteAsync(plan.Book, SegmentsAsync(plan.Segments, stop), path, stop);
        if (await packaging.VerifyAsync(plan.Book, path, stop) is { } fault)
            throw new InvalidOperationException($"The finished file is not as it should be: {fault}");
        await using var file = File.OpenRead(path);
        return await blobs.WriteAsync($"results/{workspace:n}/{artifact:n}.{plan.Book.Format.Name}", file, stop);
    }

    private async IAsyncEnumerable<Stream> SegmentsAsync(
        IReadOnlyList<string> segments,
        [EnumeratorCancellation] CancellationToken stop
    )
    {
        foreach (var blob in segments)
            yield return await blobs.OpenReadAsync(blob, stop)
                ?? throw new InvalidOperationException($"The segment {blob} is not in the blob store.");
    }

    private async Task<PackagePlan?> FindAsync(PackageAudiobook message, SessionContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context);
        var books = await reading.QueryAsync(
            """
            select m.title, m.author, v.voice, v.format, v.bitrate,
                   (select a.rate from jobs.chunks c join jobs.audio a on a.workspace_id = c.workspace_id and a.hash = c.audio
                    where c.job_id = v.id and c.chunk = 0)
            from jobs.job_view v join jobs.manuscripts m on m.job_id = v.id
            where v.id = $1 and v.run = $2 and v.status = 'running' and not v.stopping
            """,
            row => new
            {
                Title = row.GetString(0),
                Author = row.IsDBNull(1) ? null : row.GetString(1),
                Voice = row.GetString(2),
                Format = AudioFormat.Find(row.GetString(3), row.GetInt32(4) == 0 ? null : row.GetInt32(4))!,
                EngineRate = row.GetInt32(5),
            },
            stop,
            message.Job,
            message.Run
        );
        if (books is not [var book])
            return null;
        var segments = await reading.QueryAsync(
            """
            select s.chapter, c.title, e.blob, e.samples
            from jobs.segments s
            join jobs.chapters c on c.job_id = s.job_id and c.chapter = s.chapter
            join jobs.encodings e on e.workspace_id = s.workspace_id and e.hash = s.encoding
            where s.job_id = $1 order by s.segment
            """,
            row =>
                (Chapter: row.GetInt32(0), Title: row.GetString(1), Blob: row.GetString(2), Samples: row.GetInt64(3)),
            stop,
            message.Job
        );
        var chapters = segments
            .GroupBy(s => (s.Chapter, s.Title))
            .Select(g => new BookChapter(g.Key.Title, g.Sum(s => s.Samples)))
            .ToList();
        return new PackagePlan(
            new Book(
                book.Title,
                book.Author,
                (await voices.FindAsync(context.Workspace, book.Voice, stop))?.Voice.Name,
                chapters,
                book.Format,
                book.Format.RateFor(book.EngineRate)
            ),
            segments.Select(s => s.Blob).ToList()
        );
    }

    private sealed record PackagePlan(Book Book, IReadOnlyList<string> Segments);
}
