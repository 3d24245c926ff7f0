using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Jobs.Views;

/// <summary>One row of fixed size a job: status, counters, result. A chunk moves counters; no row holds a list.</summary>
internal sealed class JobViewProjection : InlineProjection
{
    public override string Name => "jobs.job_view";

    public override Type Stream => typeof(Job);

    public override IReadOnlyList<ProjectedTable> Tables => [new("jobs.job_view", "id", ["id"])];

    public override void Apply(StoredEvent stored, SqlStatements sql)
    {
        switch (stored.Data)
        {
            case JobSubmitted e:
                sql.Add(
                    """
                    insert into jobs.job_view (id, workspace_id, submitted_by, kind, status, stage, voice, format, bitrate, characters, run, hold, held, fallback_voice, priced_as, fallback_priced_as, project_id, version, created_at)
                    values ($1, $2, $3, $4, 'pending', 'waiting', $5, $6, $7, $8, 1, $9, $10, $11, $12, $13, $14, $15, coalesce($16, now()))
                    """,
                    stored.Stream,
                    stored.Workspace,
                    stored.Actor,
                    e.Kind,
                    e.Voice,
                    e.Format,
                    e.Bitrate,
                    e.Characters,
                    e.Hold,
                    e.Held,
                    Typed.Text(e.FallbackVoice),
                    Typed.Text(e.PricedAs),
                    Typed.Text(e.FallbackPricedAs),
                    Typed.Uuid(e.Project),
                    stored.Version,
                    stored.At
                );
                break;
            case JobStarted:
                Set(
                    "status = 'running', stage = case when chunks > 0 then 'synthesize' else 'prepare' end, started_at = coalesce($3, now())",
                    stored.At
                );
                break;
            case ManuscriptPrepared e:
                Set(
                    "stage = 'synthesize', chapters = $3, chapters_skipped = $4, chunks = $5, segments = $6, words = $7",
                    e.Chapters,
                    e.Skipped,
                    e.Chunks,
                    e.Segments,
                    e.Words
                );
                break;
            case VoiceFellBack:
                Set("chunks_by_fallback = chunks_by_fallback + 1");
                break;
            case ChunkSynthesized e:
                Set(
                    "chunks_done = chunks_done + 1, audio_ms = audio_ms + $3, run_chunks = run_chunks + 1, run_audio_ms = run_audio_ms + $3",
                    Milliseconds(e.Samples, e.Rate)
                );
                break;
            case ChunkReused e:
                Set(
                    "chunks_done = chunks_done + 1, chunks_reused = chunks_reused + 1, audio_ms = audio_ms + $3",
                    Milliseconds(e.Samples, e.Rate)
                );
                break;
            case SegmentEncoded:
                Set("segments_encoded = segments_encoded + 1");
                break;
            case ChapterAssembled:
                Set(
                    "chapters_assembled = chapters_assembled + 1, stage = case when chapters_assembled + 1 = chapters then 'package' else stage end"
                );
                break;
            case AudioAssembled e:
                Set(
                    "artifact = $3, sha256 = $4, bytes = $5, duration_ms = $6",
                    e.Artifact,
                    e.Sha256,
                    e.Bytes,
                    e.DurationMs
                );
                break;
            case JobCompleted e:
                End("completed", e.Charged, null, null);
                break;
            case JobFailed e:
                End("failed", e.Charged, e.Step, e.Code);
                break;
            case JobCancelled e:
                End("cancelled", e.Charged, null, null);
                break;
            case JobCancellationRequested:
                Set("stopping = true");
                break;
            case JobReopened e:
                Set(
                    """
                    status = 'pending', stage = 'waiting', run = $3, hold = $4, held = $5, run_chunks = 0, run_audio_ms = 0,
                    failed_step = null, failed_code = null, started_at = null, ended_at = null,
                    priced_as = coalesce($6, priced_as)
                    """,
                    e.Run,
                    e.Hold,
                    e.Held,
                    Typed.Text(e.PricedAs)
                );
                break;
            case JobMoved e:
                Set("project_id = $3", Typed.Uuid(e.Project));
                break;
            case JobRenamed:
                // The title is no event's, but whoever has read the job has read an older version of it.
                sql.Add("update jobs.job_view set version = $2 where id = $1", stored.Stream, stored.Version);
                break;
            case JobDeletionRequested:
                Set("stopping = true");
                break;
            case JobDeleted:
                Clear(stored.Stream, sql);
                break;
        }

        void End(string status, long charged, string? step, string? code) =>
            Set(
                """
                status = $3, stage = 'done', stopping = false, charged = charged + $4, held = 0,
                failed_step = $5, failed_code = $6, ended_at = coalesce($7, now())
                """,
                status,
                charged,
                step,
                code,
                stored.At
            );

        void Set(string assignments, params object?[] values) =>
            sql.Add(
                $"update jobs.job_view set version = $2, {assignments} where id = $1",
                [stored.Stream, stored.Version, .. values]
            );
    }

    /// <summary>Rounded down chunk by chunk, so that live and rebuilt sums agree.</summary>
    private static long Milliseconds(int samples, int rate) => samples * 1000L / rate;
}
