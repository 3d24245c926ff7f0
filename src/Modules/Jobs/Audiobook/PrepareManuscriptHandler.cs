using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Ending;
using Lectern.Jobs.Manuscript;
using Lectern.Library.Contracts;
using Lectern.Providers;
using Lectern.SharedKernel.Secrets;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Audiobook;

/// <summary>
/// Cuts the manuscript into chapters, chunks and segments, once; a later run finds them and goes on with what is missing.
/// </summary>
internal sealed class PrepareManuscriptHandler(EventStore store, VoiceDirectory voices, MasterKey masterKey)
    : IMessageHandler<PrepareManuscript>
{
    /// <summary>More than an engine says well at once, and a Base64 answer for it that nobody would read to its end.</summary>
    private const int LongestChunk = 3_000;

    private const int MostGrowth = 2;
    private const int Slack = 2_000; // a short text full of numbers

    public async Task HandleAsync(PrepareManuscript message, MessageContext context, CancellationToken stop)
    {
        var plan = await PlanAsync(message.Job, context.Session.Context, stop);

        var session = context.Session;
        var job = await session.FetchForExclusiveWriting<Job>(message.Job, stop);
        if (job is null || !job.State.IsAtWork(message.Run))
            return;
        var lane = await JobsModule.LaneOfAsync(voices, job.Workspace, job.State.Voice, stop);
        if (job.State.Prepared)
            await ResumeAsync(session, job, lane, stop);
        else if (plan is null)
            throw new InvalidOperationException("The manuscript is gone.");
        else if (plan.Hashes.Length > 0)
            Store(session, job, plan, lane);
        else
            await RunEnding.FailAsync(
                session,
                job,
                "prepare",
                "no-words",
                "The text has no words that could be spoken: headings or markup only. Submit a text that has some.",
                stop
            );
    }

    public Task GiveUpAsync(
        PrepareManuscript message,
        MessageContext context,
        Exception error,
        CancellationToken stop
    ) => StepFailure.EndRunAsync(context.Session, message.Job, message.Run, "prepare", error, stop);

    /// <summary>Null when an earlier run has prepared the job.</summary>
    private async Task<Plan?> PlanAsync(Guid job, SessionContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context);
        var found = await reading.QueryAsync(
            """
            select m.title, m.language, m.markdown, m.text, v.voice, v.fallback_voice, v.project_id
            from jobs.manuscripts m join jobs.job_view v on v.id = m.job_id
            where m.job_id = $1 and v.chunks = 0
            """,
            row => new
            {
                Title = row.GetString(0),
                Language = row.GetString(1),
                Format = row.GetBoolean(2) ? ManuscriptFormat.Markdown : ManuscriptFormat.PlainText,
                Text = row.GetString(3),
                Voice = row.GetString(4),
                Fallback = row.IsDBNull(5) ? null : row.GetString(5),
                Project = row.IsDBNull(6) ? (Guid?)null : row.GetGuid(6),
            },
            stop,
            job
        );
        if (found is not [var manuscript])
            return null;

        // Whether it can be used is for the chunks to find out: some may be there already, and others may fall back.
        var voice =
            await voices.FindAsync(context.Workspace, manuscript.Voice, stop)
            ?? throw VoiceDirectory.Unknown(manuscript.Voice);
        var fallback = manuscript.Fallback is { } other ? await voices.FindAsync(context.Workspace, other, stop) : null;
        var project =
            manuscript.Project is { } named && await ProjectDirectory.IsThereAsync(reading, named, stop)
                ? named
                : (Guid?)null; // it was deleted, and the job is in none
        // What the lexicons of the workspace and of the job's project say becomes part of the spoken text and, with it, of
        // the hashes of those chunks only.
        var lexicon = await LexiconReader.FindAsync(reading, context.Workspace, project, manuscript.Language, stop);
        var prepared = Preparation.Prepare(
            manuscript.Text,
            manuscript.Format,
            manuscript.Title,
            manuscript.Language,
            Math.Min(LimitOf(voice), fallback is null ? LongestChunk : LimitOf(fallback)),
            sentence => lexicon.Find(sentence, voice.Engine.Limits, manuscript.Language)
        );

        if (voice.Engine.Limits.IsRemote && voice.Voice.Class != EngineVoice.OwnAccountClass)
            RefuseMuchLonger(voice, prepared);
        var hashes = ChunkHash.Of(
            masterKey,
            context.Workspace,
            prepared.Chunks.Select(chunk => chunk.Spoken.Text),
            Rendering.By(voice)
        );
        return new Plan(prepared, hashes);
    }

    private static int LimitOf(CatalogueVoice voice) =>
        Math.Min(voice.Engine.Limits.MaxCharacters ?? Preparation.DefaultEngineLimit, LongestChunk);

    /// <summary>The price is by the author's characters, so lexicons must not make many of few at a provider that is paid.</summary>
    private static void RefuseMuchLonger(CatalogueVoice voice, PreparedManuscript prepared)
    {
        var spoken = prepared.Chunks.Sum(chunk => (long)Pronunciation.Strip(chunk.Spoken.Text).Length);
        if (spoken > (MostGrowth * (long)prepared.Characters) + Slack)
            throw new GiveUpException(
                "The lexicons make the text far longer than it is.",
                new ProviderException(
                    voice.Engine.Name,
                    ProviderFailure.BadInput,
                    $"The text has {prepared.Characters} characters, and {spoken} when it is spoken: the workspace's lexicons make it too long."
                )
            );
    }

    private static void Store(Session session, StreamForWriting<Job> job, Plan plan, string? lane)
    {
        var (prepared, hashes) = plan;
        var segments = prepared
            .Chunks.GroupBy(chunk => chunk.Segment)
            .Select(g => (Segment: g.Key, g.First().Chapter, First: g.First().Index, Count: g.Count()))
            .ToList();
        var chapters = segments
            .GroupBy(s => s.Chapter)
            .Select(g => (Chapter: g.Key, First: g.First().Segment, Count: g.Count()))
            .ToList();

        session.Execute(
            """
            insert into jobs.chapters (job_id, chapter, workspace_id, title, first_segment, segments)
            select $1, chapter, $2, title, first_segment, segments
            from unnest($3::int[], $4::text[], $5::int[], $6::int[]) c (chapter, title, first_segment, segments)
            """,
            job.Id,
            job.Workspace,
            chapters.Select(c => c.Chapter).ToArray(),
            chapters.Select(c => prepared.Chapters[c.Chapter].Title).ToArray(),
            chapters.Select(c => c.First).ToArray(),
            chapters.Select(c => c.Count).ToArray()
        );
        session.Execute(
            """
            insert into jobs.segments (job_id, segment, workspace_id, chapter, first_chunk, chunks)
            select $1, segment, $2, chapter, first_chunk, chunks
            from unnest($3::int[], $4::int[], $5::int[], $6::int[]) s (segment, chapter, first_chunk, chunks)
            """,
            job.Id,
            job.Workspace,
            segments.Select(s => s.Segment).ToArray(),
            segments.Select(s => s.Chapter).ToArray(),
            segments.Select(s => s.First).ToArray(),
            segments.Select(s => s.Count).ToArray()
        );
        session.Execute(
            """
            insert into jobs.chunks (job_id, chunk, workspace_id, segment, source_start, source_length, spoken, pause_ms, hash, turn)
            select $1, chunk, $2, segment, source_start, source_length, spoken, pause_ms, hash, chunk
            from unnest($3::int[], $4::int[], $5::int[], $6::int[], $7::text[], $8::int[], $9::text[])
                 c (chunk, segment, source_start, source_length, spoken, pause_ms, hash)
            """,
            job.Id,
            job.Workspace,
            prepared.Chunks.Select(c => c.Index).ToArray(),
            prepared.Chunks.Select(c => c.Segment).ToArray(),
            prepared.Chunks.Select(c => c.Source.Start).ToArray(),
            prepared.Chunks.Select(c => c.Source.Length).ToArray(),
            prepared.Chunks.Select(c => c.Spoken.Text).ToArray(),
            prepared.Chunks.Select(c => c.PauseAfterMs).ToArray(),
            hashes
        );
        job.Append(
            new ManuscriptPrepared(
                chapters.Count,
                prepared.Skipped.Count,
                prepared.Chunks.Count,
                segments.Count,
                prepared.Words
            )
        );
        session.Enqueue(new SynthesizeChunk(job.Id, job.State.Run, Turn: 0), group: job.Id, lane: lane);
    }

    /// <summary>A later run: chunks without audio get their turns, complete segments without encoding are encoded.</summary>
    private static async Task ResumeAsync(
        Session session,
        StreamForWriting<Job> job,
        string? lane,
        CancellationToken stop
    )
    {
        var missing = await session.QueryAsync(
            "select chunk from jobs.chunks where job_id = $1 and audio is null order by chunk",
            row => row.GetInt32(0),
            stop,
            job.Id
        );
        var complete = await session.QueryAsync(
            """
            select s.segment from jobs.segments s
            where s.job_id = $1 and s.encoding is null
              and not exists (select from jobs.chunks c where c.job_id = $1 and c.segment = s.segment and c.audio is null)
            order by s.segment
            """,
            row => row.GetInt32(0),
            stop,
            job.Id
        );

        session.Execute("update jobs.chunks set turn = null where job_id = $1 and turn is not null", job.Id);
        session.Execute(
            """
            update jobs.chunks c set turn = t.turn - 1
            from unnest($2::int[]) with ordinality t (chunk, turn) where c.job_id = $1 and c.chunk = t.chunk
            """,
            job.Id,
            missing.ToArray()
        );
        foreach (var segment in complete)
            session.Enqueue(new EncodeSegment(job.Id, job.State.Run, segment), group: job.Id);
        if (missing.Count > 0)
            session.Enqueue(new SynthesizeChunk(job.Id, job.State.Run, Turn: 0), group: job.Id, lane: lane);
        if (job.State.SegmentsEncoded == job.State.Segments)
            session.Enqueue(new PackageAudiobook(job.Id, job.State.Run), group: job.Id);
    }

    private sealed record Plan(PreparedManuscript Manuscript, string[] Hashes);
}
