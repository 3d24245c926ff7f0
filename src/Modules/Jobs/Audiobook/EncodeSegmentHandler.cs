using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Lectern.Eventing;
using Lectern.Jobs.Audio;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Ending;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;

namespace Lectern.Jobs.Audiobook;

/// <summary>
/// Encodes a segment, unless the workspace has its encoding already. The bytes serve the finished file and listeners
/// alike. The segment that completes a chapter assembles it, and the one that completes the book starts the packaging.
/// </summary>
internal sealed class EncodeSegmentHandler(EventStore store, VoiceGains gains, SegmentEncoder encoder, IBlobStore blobs)
    : IMessageHandler<EncodeSegment>
{
    /// <summary>Part of the hash: raise it when the encoder would make other bytes of the same audio.</summary>
    private const string EncoderVersion = "1";

    public async Task HandleAsync(EncodeSegment message, MessageContext context, CancellationToken stop)
    {
        SegmentToEncode? segment = null;
        // The gain of a voice may have to be measured, by having it speak.
        var found = await ProviderTries.RunAsync(
            context,
            async () => segment = await FindAsync(message, context.Session.Context, stop)
        );
        if (!found || segment is null)
            return; // it comes again; or the run has ended, or is about to

        var encoding = segment.Known ?? await EncodeAsync(segment, context.Session.Context, stop);

        var session = context.Session;
        var job = await session.FetchForExclusiveWriting<Job>(message.Job, stop);
        if (segment.Known is null)
            session.Execute(
                """
                insert into jobs.encodings (workspace_id, hash, blob, samples, bytes) values ($1, $2, $3, $4, $5)
                on conflict do nothing
                """,
                session.Context.Workspace,
                segment.Hash,
                encoding.Blob,
                encoding.Samples,
                encoding.Bytes
            );
        if (job is null || !job.State.IsAtWork(message.Run))
            return; // encoded for nothing; its row lets the file be found and deleted

        job.Append(new SegmentEncoded(message.Segment, segment.Hash, encoding.Samples, encoding.Bytes));
        await AssembleAsync(session, job, message, segment, encoding, stop);
    }

    public Task GiveUpAsync(EncodeSegment message, MessageContext context, Exception error, CancellationToken stop) =>
        StepFailure.EndRunAsync(context.Session, message.Job, message.Run, "encode", error, stop);

    private static async Task AssembleAsync(
        Session session,
        StreamForWriting<Job> job,
        EncodeSegment message,
        SegmentToEncode segment,
        StoredEncoding encoding,
        CancellationToken stop
    )
    {
        var (others, missing) = (
            await session.QueryAsync(
                """
                select coalesce(sum(e.samples), 0)::bigint, count(*) filter (where s.encoding is null)
                from jobs.segments s
                left join jobs.encodings e on e.workspace_id = s.workspace_id and e.hash = s.encoding
                where s.job_id = $1 and s.chapter = $2 and s.segment <> $3
                """,
                row => (row.GetInt64(0), row.GetInt64(1)),
                stop,
                message.Job,
                segment.Chapter,
                message.Segment
            )
        ).Single();
        if (missing > 0)
            return;
        var durationMs = (others + encoding.Samples) * 1000 / segment.OutputRate;
        job.Append(new ChapterAssembled(segment.Chapter, durationMs));
        if (job.State.ChaptersAssembled == job.State.Chapters)
            session.Enqueue(new PackageAudiobook(message.Job, message.Run), group: message.Job);
    }

    private async Task<SegmentToEncode?> FindAsync(
        EncodeSegment message,
        SessionContext context,
        CancellationToken stop
    )
    {
        await using var reading = store.OpenWorkerSession(context);
        var chunks = await reading.QueryAsync(
            """
            select s.chapter, coalesce(c.spoken_by, v.voice), v.format, v.bitrate, a.hash, a.blob, a.rate, c.pause_ms
            from jobs.segments s
            join jobs.job_view v on v.id = s.job_id and v.run = $3 and v.status = 'running' and not v.stopping
            join jobs.chunks c on c.job_id = s.job_id and c.segment = s.segment
            join jobs.audio a on a.workspace_id = c.workspace_id and a.hash = c.audio
            where s.job_id = $1 and s.segment = $2 and s.encoding is null
            order by c.chunk
            """,
            row => new
            {
                Chapter = row.GetInt32(0),
                Voice = row.GetString(1),
                Format = row.GetString(2),
                Bitrate = row.GetInt32(3),
                Audio = row.GetString(4),
                Blob = row.GetString(5),
                Rate = row.GetInt32(6),
                PauseMs = row.GetInt32(7),
            },
            stop,
            message.Job,
            message.Segment,
            message.Run
        );
        if (chunks.Count == 0)
            return null;

        var format = AudioFormat.Find(chunks[0].Format, chunks[0].Bitrate == 0 ? null : chunks[0].Bitrate)!;
        // Each voice has its own gain; nearly always there is but one.
        var gainOf = new Dictionary<string, double>();
        foreach (var voice in chunks.Select(c => c.Voice).Distinct())
            gainOf[voice] = await gains.GainDbAsync(voice, context, stop);
        var gain = gainOf[chunks[0].Voice];
        // The chunks' hashes are keyed by the workspace, so this hash can't be guessed either.
        var hash = Hash([
            EncoderVersion,
            format.Name,
            format.BitrateKbps.ToString(CultureInfo.InvariantCulture),
            gain.ToString("R", CultureInfo.InvariantCulture),
            .. chunks.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Audio}+{c.PauseMs}")),
            .. chunks
                .Where(c => gainOf[c.Voice] != gain)
                .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Audio}:{gainOf[c.Voice]:R}")),
        ]);
        var known = await reading.QueryAsync(
            "select blob, samples, bytes from jobs.encodings where workspace_id = $1 and hash = $2",
            row => new StoredEncoding(row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
            stop,
            context.Workspace,
            hash
        );
        return new SegmentToEncode(
            hash,
            chunks[0].Chapter,
            format,
            format.RateFor(chunks[0].Rate),
            chunks.Select(c => (c.Blob, TimeSpan.FromMilliseconds(c.PauseMs), gainOf[c.Voice])).ToList(),
            known.SingleOrDefault()
        );
    }

    private async Task<StoredEncoding> EncodeAsync(
        SegmentToEncode segment,
        SessionContext context,
        CancellationToken stop
    )
    {
        var chunks = new List<SegmentChunk>();
        foreach (var (blob, pause, gain) in segment.Chunks)
            chunks.Add(new SegmentChunk(await ReadAsync(blob, stop), pause, gain));
        var encoded = await encoder.EncodeAsync(chunks, segment.Format, stop);

        var array = MemoryMarshal.TryGetArray(encoded.Bytes, out var bytes) ? bytes : encoded.Bytes.ToArray();
        using var content = new MemoryStream(array.Array!, array.Offset, array.Count, writable: false);
        var stored = await blobs.WriteAsync($"segments/{context.Workspace:n}/{store.NewId():n}", content, stop);
        return new StoredEncoding(stored.Key, encoded.Samples, stored.Size);
    }

    private async Task<Pcm> ReadAsync(string blob, CancellationToken stop)
    {
        await using var stream =
            await blobs.OpenReadAsync(blob, stop)
            ?? throw new InvalidOperationException($"The audio {blob} is not in the blob store.");
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, stop);
        var reading = Wav.Read(bytes);
        return reading.Audio
            ?? throw new InvalidOperationException($"The stored audio {blob} is damaged: {reading.Detail}");
    }

    private static string Hash(string[] parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('|', parts))));

    private sealed record SegmentToEncode(
        string Hash,
        int Chapter,
        AudioFormat Format,
        int OutputRate,
        IReadOnlyList<(string Blob, TimeSpan Pause, double GainDb)> Chunks,
        StoredEncoding? Known
    );

    private sealed record StoredEncoding(string Blob, long Samples, long Bytes);
}
