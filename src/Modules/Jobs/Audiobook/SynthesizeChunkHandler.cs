using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Audio;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Ending;
using Lectern.Jobs.Manuscript;
using Lectern.Providers;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Secrets;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Audiobook;

/// <summary>
/// Speaks one chunk, unless the workspace has its audio already, and puts the chunk that comes a queue's length later
/// into the queue: so a long book never has more than that many messages waiting. The first chunk goes alone and fills
/// the queue when it is done, so that the segment which is heard first is encoded before all others are spoken.
/// </summary>
internal sealed class SynthesizeChunkHandler(
    EventStore store,
    VoiceDirectory voices,
    EngineCalls engines,
    RecordedCalls calls,
    Resampling resampling,
    MasterKey masterKey,
    IBlobStore blobs,
    JobsOptions options
) : IMessageHandler<SynthesizeChunk>
{
    private const int TriesBeforeFallback = 2;

    public async Task HandleAsync(SynthesizeChunk message, MessageContext context, CancellationToken stop)
    {
        var chunk = await FindAsync(message, context.Session.Context, stop);
        if (chunk is null)
            return; // the run has ended, or is about to

        if (chunk.Known is not { } known)
            await ProviderTries.RunAsync(context, () => SpeakAndKeepAsync(message, chunk, context, stop));
        else // it is not written again: if it was deleted meanwhile, the foreign key says so
            await ProgressAsync(
                message,
                chunk,
                context.Session,
                [new ChunkReused(chunk.Index, chunk.Hash, known.Samples, known.Rate, chunk.Characters)],
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
        MessageContext context,
        CancellationToken stop
    )
    {
        var session = context.Session;
        var (call, pcm, took, rate, hash, fellBack) = await SpeakAsync(message, chunk, context, stop);
        try
        {
            var audio = await StoreAsync(
                await resampling.ToRateAsync(pcm, rate, stop),
                session.Context.Workspace,
                stop
            );
            session.Execute(
                """
                insert into jobs.audio (workspace_id, hash, blob, samples, rate, bytes, sha256, call_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
                """,
                session.Context.Workspace,
                hash,
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
                hash,
                audio.Samples,
                audio.Rate,
                audio.Sha256,
                audio.Bytes,
                call.Provider,
                (int)took.TotalMilliseconds,
                chunk.Characters,
                fellBack?.To
            );
            await ProgressAsync(message, chunk, session, fellBack is null ? [spoken] : [fellBack, spoken], stop);
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
        object[] done,
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
        if (nextTurns.Length == 0)
            return;
        var lane = await JobsModule.LaneOfAsync(voices, session.Context.Workspace, chunk.Voice, stop);
        foreach (var turn in nextTurns)
            session.Enqueue(message with { Turn = turn }, group: message.Job, lane: lane);
    }

    private async Task<ChunkToSpeak?> FindAsync(SynthesizeChunk message, SessionContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context);
        var found = await reading.QueryAsync(
            """
            select c.chunk, c.segment, c.spoken, c.source_length, c.hash, v.voice, v.fallback_voice, v.priced_as, v.fallback_priced_as, a.blob, a.samples, a.rate, a.bytes, a.sha256
            from jobs.chunks c
            join jobs.job_view v on v.id = c.job_id and v.run = $3 and v.status = 'running' and not v.stopping
            left join jobs.audio a on a.workspace_id = c.workspace_id and a.hash = c.hash
            where c.job_id = $1 and c.turn = $2 and c.audio is null
            """,
            row => new ChunkToSpeak(
                row.GetInt32(0),
                row.GetInt32(1),
                row.GetString(2),
                row.GetInt32(3),
                row.GetString(4),
                row.GetString(5),
                row.IsDBNull(6) ? null : row.GetString(6),
                row.IsDBNull(7) ? null : row.GetString(7),
                row.IsDBNull(8) ? null : row.GetString(8),
                row.IsDBNull(9)
                    ? null
                    : new StoredAudio(
                        row.GetString(9),
                        row.GetInt32(10),
                        row.GetInt32(11),
                        row.GetInt64(12),
                        row.GetString(13)
                    )
            ),
            stop,
            message.Job,
            message.Turn,
            message.Run
        );
        return found.SingleOrDefault();
    }

    /// <summary>By the narrator, or by the voice that the job allows instead when the narrator can't.</summary>
    private async Task<SpokenChunk> SpeakAsync(
        SynthesizeChunk message,
        ChunkToSpeak chunk,
        MessageContext context,
        CancellationToken stop
    )
    {
        var workspace = context.Session.Context.Workspace;
        try
        {
            var (voice, call, audio, took) = await AskAsync(chunk.Voice, chunk.PricedAs);
            // As a rule the chunk's own hash; another one if the voice has changed since the text was prepared.
            return new SpokenChunk(call, audio, took, voice.Voice.SampleRate, HashOf(Rendering.By(voice)), null);
        }
        catch (ProviderException e) when (chunk.Fallback is not null && IsForFallback(e, context.Attempt))
        {
            var fellBack = new VoiceFellBack(chunk.Index, chunk.Voice, chunk.Fallback, StepFailure.CodeOf(e.Failure));
            try
            {
                var (voice, call, audio, took) = await AskAsync(chunk.Fallback, chunk.FallbackPricedAs);
                var rate = await RateOfNarratorAsync() ?? audio.Rate;
                // At the narrator's rate it is other audio than it would be in a book of its own.
                return new SpokenChunk(
                    call,
                    audio,
                    took,
                    rate,
                    HashOf(Rendering.By(voice) with { Model = $"at {rate}" }),
                    fellBack
                );
            }
            catch (ProviderException busy) when (busy.IsPassing)
            {
                // It is a try all the same: the narrator, who is asked first again, may want to be paid for it.
                throw new RetryLaterException(busy.Message, busy.RetryAfter ?? TimeSpan.FromSeconds(1), inner: busy);
            }
        }

        string HashOf(Rendering rendering) => ChunkHash.Of(masterKey, workspace, [chunk.Spoken], rendering).Single();

        async Task<(CatalogueVoice Voice, ProviderCall Call, Pcm Audio, TimeSpan Took)> AskAsync(
            string id,
            string? pricedAs
        )
        {
            var voice = await voices.FindAvailableAsync(workspace, id, stop);
            // A clone that came or a key that went since the order has another price.
            if (pricedAs is not null && voice.PricedAs != pricedAs)
                throw new ProviderException(
                    voice.Engine.Name,
                    ProviderFailure.BadInput,
                    $"The voice {id} was ordered as {pricedAs} and is {voice.PricedAs} now; retry the job at its price."
                );
            var purpose = new CallPurpose(store.NewId(), workspace, message.Job, chunk.Index);
            var answer = await engines.SpeakAsync(voice, chunk.Spoken, purpose, stop);
            return (voice, answer.Call, answer.Result.Audio, answer.Took);
        }

        async Task<int?> RateOfNarratorAsync()
        {
            try
            {
                return (await voices.FindAsync(workspace, chunk.Voice, stop))?.Voice.SampleRate;
            }
            catch (ProviderException)
            {
                return null;
            }
        }
    }

    /// <summary>
    /// Not for what passes by itself; but at once for what doesn't, for a provider that is left alone because it is broken,
    /// and for a passage that has failed again and again.
    /// </summary>
    private static bool IsForFallback(ProviderException e, int failedBefore) =>
        !e.IsPassing
        && (
            !e.IsTransient
            || failedBefore >= TriesBeforeFallback
            || e is { Failure: ProviderFailure.Outage, RetryAfter: not null }
        );

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
        int Characters,
        string Hash,
        string Voice,
        string? Fallback,
        string? PricedAs,
        string? FallbackPricedAs,
        StoredAudio? Known
    );

    private sealed record SpokenChunk(
        ProviderCall Call,
        Pcm Audio,
        TimeSpan Took,
        int Rate,
        string Hash,
        VoiceFellBack? FellBack
    );

    private sealed record StoredAudio(string Blob, int Samples, int Rate, long Bytes, string Sha256);
}
