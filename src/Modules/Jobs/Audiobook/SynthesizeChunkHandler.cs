using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Ending;
using Lectern.Providers;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Audiobook;

/// <summary>
/// Speaks one chunk, unless the workspace has its audio already, and puts the chunk that comes a queue's length later
/// into the queue: so a long book never has more than that many messages waiting. The first chunk goes alone and fills
/// the queue when it is done, so that the segment which is heard first is encoded before all others are spoken.
/// </summary>
internal sealed class SynthesizeChunkHandler(
    EventStore store,
    VoiceCatalogue voices,
    RecordedCalls calls,
    IBlobStore blobs,
    JobsOptions options
) : IMessageHandler<SynthesizeChunk>
{
    public async Task HandleAsync(SynthesizeChunk message, MessageContext context, CancellationToken stop)
    {
        var chunk = await FindAsync(message, context.Session.Context, stop);
        if (chunk is null)
            return; // the run has ended, or is about to

        if (chunk.Known is not { } known)
            await SpeakAndKeepAsync(message, chunk, context.Session, stop);
        else // it is not written again: if it was deleted meanwhile, the foreign key says so
            await ProgressAsync(
                message,
                chunk,
                context.Session,
                new ChunkReused(chunk.Index, chunk.Hash, known.Samples, known.Rate),
                stop
            );
    }

    public Task GiveUpAsync(SynthesizeChunk message, MessageContext context, Exception error, CancellationToken stop) =>
        StepFailure.EndRunAsync(context.Session, message.Job, message.Run, "synthesize", error, stop);

    /// <summary>
    /// What was spoken and that the call succeeded commit together. If that fails, the call has succeeded all the same,
    /// which is said by itself: the next try is another call.
    /// </summary>
    private async Task SpeakAndKeepAsync(
        SynthesizeChunk message,
        ChunkToSpeak chunk,
        Session session,
        CancellationToken stop
    )
    {
        var (call, pcm) = await SpeakAsync(message, chunk, session.Context.Workspace, stop);
        try
        {
            var audio = await StoreAsync(pcm, session.Context.Workspace, stop);
            session.Execute(
                """
                insert into jobs.audio (workspace_id, hash, blob, samples, rate, bytes, sha256, call_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
                """,
                session.Context.Workspace,
                chunk.Hash,
                audio.Blob,
                audio.Samples,
                audio.Rate,
                audio.Bytes,
                audio.Sha256,
                call.Id
            );
            RecordedCalls.Succeeded(session, call);
            var spoken = new ChunkSynthesized(
                chunk.Index,
                chunk.Hash,
                audio.Samples,
                audio.Rate,
                audio.Sha256,
                audio.Bytes
            );
            await ProgressAsync(message, chunk, session, spoken, stop);
            await session.SaveChangesAsync(stop);
        }
        catch
        {
            await calls.SucceededAsync(call);
            throw;
        }
    }

    private async Task ProgressAsync(
        SynthesizeChunk message,
        ChunkToSpeak chunk,
        Session session,
        object done,
        CancellationToken stop
    )
    {
        var job = await session.FetchForExclusiveWriting<Job>(message.Job, stop);
        if (job is null || !job.State.IsAtWork(message.Run))
            return; // spoken for nothing; its row lets the file be found and deleted
        job.Append(done);
        await EnqueueNextAsync(session, message, chunk, stop);
    }

    private async Task EnqueueNextAsync(
        Session session,
        SynthesizeChunk message,
        ChunkToSpeak chunk,
        CancellationToken stop
    )
    {
        var last = message.Turn + options.ChunksInQueue;
        var (segmentComplete, nextTurns) = (
            await session.QueryAsync(
                """
                select not exists (select from jobs.chunks where job_id = $1 and segment = $2 and chunk <> $3 and audio is null),
                       array(select turn from jobs.chunks where job_id = $1 and turn between $4 and $5 order by turn)
                """,
                row => (row.GetBoolean(0), row.GetFieldValue<int[]>(1)),
                stop,
                message.Job,
                chunk.Segment,
                chunk.Index,
                message.Turn == 0 ? 1 : last,
                last
            )
        ).Single();
        if (segmentComplete)
            session.Enqueue(new EncodeSegment(message.Job, message.Run, chunk.Segment), group: message.Job);
        foreach (var turn in nextTurns)
            session.Enqueue(message with { Turn = turn }, group: message.Job);
    }

    private async Task<ChunkToSpeak?> FindAsync(SynthesizeChunk message, SessionContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context);
        var found = await reading.QueryAsync(
            """
            select c.chunk, c.segment, c.spoken, c.hash, v.voice, a.blob, a.samples, a.rate, a.bytes, a.sha256
            from jobs.chunks c
            join jobs.job_view v on v.id = c.job_id and v.run = $3 and v.status = 'running' and not v.stopping
            left join jobs.audio a on a.workspace_id = c.workspace_id and a.hash = c.hash
            where c.job_id = $1 and c.turn = $2 and c.audio is null
            """,
            row => new ChunkToSpeak(
                row.GetInt32(0),
                row.GetInt32(1),
                row.GetString(2),
                row.GetString(3),
                row.GetString(4),
                row.IsDBNull(5)
                    ? null
                    : new StoredAudio(
                        row.GetString(5),
                        row.GetInt32(6),
                        row.GetInt32(7),
                        row.GetInt64(8),
                        row.GetString(9)
                    )
            ),
            stop,
            message.Job,
            message.Turn,
            message.Run
        );
        return found.SingleOrDefault();
    }

    /// <summary>What the engine says is believed only after a look at it.</summary>
    private async Task<(ProviderCall Call, Pcm Audio)> SpeakAsync(
        SynthesizeChunk message,
        ChunkToSpeak chunk,
        Guid workspace,
        CancellationToken stop
    )
    {
        try
        {
            var voice = voices.FindAvailable(chunk.Voice);
            var call = ProviderCall.Speech(store.NewId(), voice.Engine.Name, voice.Voice.Id, chunk.Spoken) with
            {
                Workspace = workspace,
                Job = message.Job,
                Chunk = chunk.Index,
            };
            return (call, await calls.AskAsync(call, AskAsync, stop));

            async Task<Pcm> AskAsync(CancellationToken patience)
            {
                var request = new SpeechRequest(chunk.Spoken, voice.Voice.EngineName);
                var context = CallContext.WithoutKey(call.Id);
                var pcm = (await voice.Engine.SynthesizeAsync(request, context, patience)).Audio;
                return SpeechCheck.Inspect(pcm, chunk.Spoken) is { } finding
                    ? throw new ProviderException(voice.Engine.Name, ProviderFailure.BadAnswer, finding.Detail)
                    : pcm;
            }
        }
        catch (ProviderException e) when (!e.IsTransient)
        {
            throw new GiveUpException(e.Message, e); // asking again would only keep the owner waiting, and may cost money
        }
        catch (ProviderException e) when (e.RetryAfter is { } delay)
        {
            throw new RetryLaterException(e.Message, delay, inner: e);
        }
    }

    private async Task<StoredAudio> StoreAsync(Pcm pcm, Guid workspace, CancellationToken stop)
    {
        using var wav = new MemoryStream(Wav.Write(pcm));
        var blob = await blobs.WriteAsync($"audio/{workspace:n}/{store.NewId():n}.wav", wav, stop);
        return new StoredAudio(blob.Key, pcm.Samples.Length, pcm.Rate, blob.Size, blob.Sha256);
    }

    private sealed record ChunkToSpeak(
        int Index,
        int Segment,
        string Spoken,
        string Hash,
        string Voice,
        StoredAudio? Known
    );

    private sealed record StoredAudio(string Blob, int Samples, int Rate, long Bytes, string Sha256);
}
