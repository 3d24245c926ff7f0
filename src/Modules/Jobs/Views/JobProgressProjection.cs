using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Jobs.Views;

/// <summary>Which chunks have their audio and which segments their encoding: the progress columns of the detail rows.</summary>
internal sealed class JobProgressProjection : InlineProjection
{
    public override string Name => "jobs.progress";

    public override Type Stream => typeof(Job);

    public override IReadOnlyList<ProjectedTable> Tables =>
        [
            new("jobs.chunks", "job_id", ["chunk"], ["chunk", "audio", "spoken_by"]),
            new("jobs.segments", "job_id", ["segment"], ["segment", "encoding"]),
        ];

    public override void Apply(StoredEvent stored, SqlStatements sql)
    {
        switch (stored.Data)
        {
            case VoiceFellBack e:
                sql.Add(
                    "update jobs.chunks set spoken_by = $3 where job_id = $1 and chunk = $2",
                    stored.Stream,
                    e.Chunk,
                    e.To
                );
                break;
            case ChunkSynthesized e:
                SetAudio(stored.Stream, e.Chunk, e.Audio, sql);
                break;
            case ChunkReused e:
                SetAudio(stored.Stream, e.Chunk, e.Audio, sql);
                break;
            case SegmentEncoded e:
                sql.Add(
                    "update jobs.segments set encoding = $3 where job_id = $1 and segment = $2",
                    stored.Stream,
                    e.Segment,
                    e.Encoding
                );
                break;
        }
    }

    public override void Clear(Guid stream, SqlStatements sql)
    {
        sql.Add(
            "update jobs.chunks set audio = null, spoken_by = null where job_id = $1 and audio is not null",
            stream
        );
        sql.Add("update jobs.segments set encoding = null where job_id = $1 and encoding is not null", stream);
    }

    private static void SetAudio(Guid job, int chunk, string audio, SqlStatements sql) =>
        sql.Add("update jobs.chunks set audio = $3 where job_id = $1 and chunk = $2", job, chunk, audio);
}
