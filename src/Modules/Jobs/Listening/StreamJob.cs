using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Media;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Listening;

/// <summary>
/// Listen while it is made: segments in order, each as soon as it is encoded, up to the end of the run. They are the same
/// bytes that the finished file is joined from.
/// </summary>
internal static class StreamJobEndpoint
{
    /// <summary>The most that a plain WAV header can announce: a player plays to the end of the stream.</summary>
    private const long EndlessSamples = (uint.MaxValue - 64) / sizeof(short);

    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/jobs/{id}/stream", HandleAsync)
            .WithName("StreamJob")
            .WithTags("jobs")
            .WithSummary("Listen to a job while it is made")
            .WithDescription(
                "AAC (ADTS) for m4b, MP3, or WAV. Audio that was streamed counts as delivered: if the job then fails or is cancelled, it is charged."
            )
            .Produces<byte[]>(contentType: "audio/aac")
            .DisableRequestTimeout()
            .WithExample();

    private static async Task<IResult> HandleAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(JobLinks.Prefix, id, out var job))
            return JobNotFound.Problem.AsResult();
        await using var session = store.OpenSession(caller);
        var formats = await session.QueryAsync(
            "select format from jobs.job_view where id = $1",
            row => row.GetString(0),
            cancel,
            job
        );
        if (formats is not [var format])
            return JobNotFound.Problem.AsResult();

        http.Response.ContentType = format switch
        {
            "m4b" => "audio/aac",
            "mp3" => "audio/mpeg",
            _ => "audio/wav",
        };
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.StartAsync(cancel); // a player learns at once what will come, also while the job waits
        await SendAsync(job, format, http.Response, caller, store, blobs, cancel);
        return TypedResults.Empty;
    }

    private static async Task SendAsync(
        Guid job,
        string format,
        HttpResponse response,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    )
    {
        for (var segment = 0; ; )
        {
            var appended = store.Wakeups.NextAppend();
            await using var session = store.OpenSession(caller);
            var ready = await session.QueryAsync(
                """
                select e.blob, a.rate, s.segment, v.status = 'completed'
                from jobs.segments s
                join jobs.job_view v on v.id = s.job_id
                join jobs.encodings e on e.workspace_id = s.workspace_id and e.hash = s.encoding
                join jobs.chunks c on c.job_id = s.job_id and c.chunk = s.first_chunk
                join jobs.audio a on a.workspace_id = c.workspace_id and a.hash = c.audio
                where s.job_id = $1 and s.segment >= $2 order by s.segment limit 20
                """,
                row =>
                    (
                        Blob: row.GetString(0),
                        Rate: row.GetInt32(1),
                        Segment: row.GetInt32(2),
                        Completed: row.GetBoolean(3)
                    ),
                cancel,
                job,
                segment
            );
            foreach (var next in ready.TakeWhile((r, i) => r.Segment == segment + i).ToList())
            {
                if (next.Segment == 0 && format == "wav")
                    await response.Body.WriteAsync(Wav.Header(EndlessSamples, next.Rate), cancel);
                await using var content = await blobs.OpenReadAsync(next.Blob, cancel);
                if (content is null)
                    return; // deleted while it was played
                await content.CopyToAsync(response.Body, cancel);
                await response.Body.FlushAsync(cancel);
                if (!next.Completed)
                    await MarkDeliveredAsync(session, job, next.Segment, cancel);
                segment = next.Segment + 1;
            }

            if (ready.Count > 0 && ready[^1].Segment < segment)
                continue;
            var going = await session.QueryAsync(
                """
                select 1 from jobs.job_view
                where id = $1 and (status in ('pending', 'running') or status = 'completed' and segments > $2)
                """,
                row => row.GetInt32(0),
                cancel,
                job,
                segment
            );
            if (going.Count == 0)
                return;
            await Task.WhenAny(appended, Task.Delay(PollEvery, cancel));
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Marked where it was heard; it is charged when the run ends without a result. No GET charges.</summary>
    private static async Task MarkDeliveredAsync(Session session, Guid job, int segment, CancellationToken cancel) =>
        await session.QueryAsync(
            """
            update jobs.segments set delivered_at = now() where job_id = $1 and segment = $2 and delivered_at is null returning 1
            """,
            row => row.GetInt32(0),
            cancel,
            job,
            segment
        );
}
