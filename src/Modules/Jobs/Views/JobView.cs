using System.Globalization;
using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Lectern.Jobs.Views;

/// <summary>A job as the API shows it.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Kind">What is made.</param>
/// <param name="Title">The book's title.</param>
/// <param name="Project">The project that it is in; null for none.</param>
/// <param name="Status"><c>pending</c>, <c>running</c>, <c>completed</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Stopping">Whether it is about to stop because somebody cancelled or deleted it.</param>
/// <param name="Stage">The step at work: <c>waiting</c>, <c>prepare</c>, <c>synthesize</c>, <c>package</c>, <c>done</c>.</param>
/// <param name="Percent">0 to 100; it never goes back within a run.</param>
/// <param name="QueuePosition">1 for the workspace's next job to start; null once it has started.</param>
/// <param name="Run">1, and one more with each retry.</param>
/// <param name="Voice">The narrator's voice.</param>
/// <param name="FallbackVoice">Who speaks what the narrator can't; null for nobody.</param>
/// <param name="Format">The file's format.</param>
/// <param name="Bitrate">Kilobits per second; 0 for formats without one.</param>
/// <param name="Characters">Of the source text.</param>
/// <param name="Words">Words that are spoken; 0 before the text is prepared.</param>
/// <param name="Chapters">Done and in total.</param>
/// <param name="ChaptersSkipped">Parts of the text that are not spoken.</param>
/// <param name="Chunks">Done and in total.</param>
/// <param name="ChunksReused">Chunks whose audio was there already.</param>
/// <param name="ChunksByFallback">Chunks that the fallback voice spoke.</param>
/// <param name="AudioMs">Milliseconds of speech so far.</param>
/// <param name="RealTimeFactor">Seconds of work for a second of speech in this run; null before there is speech.</param>
/// <param name="SecondsLeft">About how long the run still takes; null while that can't be known.</param>
/// <param name="Held">Credits held.</param>
/// <param name="Charged">Credits charged, for all runs.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Result">The finished file.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="StartedAt">When the current run began.</param>
/// <param name="EndedAt">When the last run ended.</param>
/// <param name="Links">Where to go from here.</param>
internal sealed record JobView(
    string Id,
    string Kind,
    string Title,
    string? Project,
    string Status,
    bool Stopping,
    string Stage,
    int Percent,
    int? QueuePosition,
    int Run,
    string Voice,
    string? FallbackVoice,
    string Format,
    int Bitrate,
    int Characters,
    int Words,
    JobProgress Chapters,
    int ChaptersSkipped,
    JobProgress Chunks,
    int ChunksReused,
    int ChunksByFallback,
    long AudioMs,
    double? RealTimeFactor,
    int? SecondsLeft,
    string Held,
    string Charged,
    JobError? Error,
    JobResult? Result,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    JobLinks Links
)
{
    public const string Columns = """
        v.id, v.kind, coalesce(m.title, ''), v.status, v.stopping, v.stage, v.run, v.voice, v.format, v.bitrate, v.characters, v.words,
        v.chapters_assembled, v.chapters, v.chapters_skipped, v.chunks_done, v.chunks, v.chunks_reused, v.segments_encoded, v.segments,
        v.audio_ms, v.run_chunks, v.run_audio_ms, v.held, v.charged, v.failed_step, v.failed_code, f.detail, v.artifact, v.sha256, v.bytes,
        v.duration_ms, v.created_at, v.started_at, v.ended_at, v.version,
        extract(epoch from now() - v.started_at)::float8,
        case when v.status = 'pending' then (select count(*) + 1 from jobs.job_view w
            where w.workspace_id = v.workspace_id and w.status = 'pending' and (w.created_at, w.id) < (v.created_at, v.id)) end,
        v.fallback_voice, v.chunks_by_fallback, v.project_id
        """;

    public const string Tables = """
        jobs.job_view v left join jobs.manuscripts m on m.job_id = v.id
        left join jobs.failures f on f.job_id = v.id and f.run = v.run and v.status = 'failed'
        """;

    /// <summary>Jobs, as they are now. One whose project was deleted is in none.</summary>
    /// <param name="session">The session.</param>
    /// <param name="where">Which, of the view <c>v</c>, in what order, and how many.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="values">Its parameters.</param>
    public static async Task<List<(JobView View, int Version, Guid Id)>> QueryAsync(
        Session session,
        string where,
        CancellationToken cancel,
        params object?[] values
    )
    {
        var rows = await session.QueryAsync($"select {Columns} from {Tables} where {where}", Read, cancel, values);
        var projects = rows.Select(row => row.Project).OfType<Guid>();
        var there = await ProjectDirectory.ThereAsync(session, projects, cancel);
        return
        [
            .. rows.Select(row =>
                (
                    row.Project is { } project && there.Contains(project)
                        ? row.View with
                        {
                            Project = PublicId.Format(ProjectDirectory.Prefix, project),
                        }
                        : row.View,
                    row.Version,
                    row.Id
                )
            ),
        ];
    }

    /// <summary>
    /// The ETag: the version of the job's history. No event of the job tells that its project was deleted, so whether it
    /// is in one is in the tag, too.
    /// </summary>
    public string TagAt(int version) =>
        Project is null
            ? VersionTag.Of(version)
            : string.Create(CultureInfo.InvariantCulture, $"\"{version}-in-project\"");

    /// <summary>A row as it stands there, in no project yet: whether its project is there is another question.</summary>
    public static (JobView View, int Version, Guid Id, Guid? Project) Read(NpgsqlDataReader row)
    {
        var id = row.GetGuid(0);
        var status = row.GetString(3);
        var (chunksDone, chunks) = (row.GetInt32(15), row.GetInt32(16));
        var pace = RunPace.Of(status, row.IsDBNull(36) ? 0 : row.GetDouble(36), row.GetInt32(21), row.GetInt64(22));
        var view = new JobView(
            PublicId.Format(JobLinks.Prefix, id),
            row.GetString(1),
            row.GetString(2),
            null,
            status,
            row.GetBoolean(4),
            row.GetString(5),
            JobProgress.PercentOf(status, chunksDone, chunks, row.GetInt32(18), row.GetInt32(19)),
            row.IsDBNull(37) ? null : (int)row.GetInt64(37),
            row.GetInt32(6),
            row.GetString(7),
            row.IsDBNull(38) ? null : row.GetString(38),
            row.GetString(8),
            row.GetInt32(9),
            row.GetInt32(10),
            row.GetInt32(11),
            new JobProgress(row.GetInt32(12), row.GetInt32(13)),
            row.GetInt32(14),
            new JobProgress(chunksDone, chunks),
            row.GetInt32(17),
            row.GetInt32(39),
            row.GetInt64(20),
            pace.RealTimeFactor,
            pace.SecondsLeft(chunks - chunksDone),
            Credits.Format(row.GetInt64(23)),
            Credits.Format(row.GetInt64(24)),
            row.IsDBNull(26)
                ? null
                : new JobError(row.GetString(25), row.GetString(26), row.IsDBNull(27) ? "" : row.GetString(27)),
            row.IsDBNull(28) || status != "completed"
                ? null
                : new JobResult(row.GetString(29), row.GetInt64(30), row.GetInt64(31)),
            row.GetFieldValue<DateTimeOffset>(32),
            row.IsDBNull(33) ? null : row.GetFieldValue<DateTimeOffset>(33),
            row.IsDBNull(34) ? null : row.GetFieldValue<DateTimeOffset>(34),
            JobLinks.Of(id)
        );
        return (view, row.GetInt32(35), id, row.IsDBNull(40) ? null : row.GetGuid(40));
    }
}

/// <summary>So many of so many.</summary>
internal sealed record JobProgress(int Done, int Total)
{
    /// <summary>So much of a run's time goes into speech; encoding and packaging share the rest.</summary>
    private const double SpeechShare = 85,
        EncodingShare = 12;

    /// <summary>How far a job is, from 0 to 100.</summary>
    public static int PercentOf(string status, int chunksDone, int chunks, int segmentsDone, int segments) =>
        status == "completed" ? 100
        : chunks == 0 ? 0
        : (int)(SpeechShare * chunksDone / chunks + EncodingShare * segmentsDone / segments);
}

/// <summary>How fast a run goes; of one that is not at work nothing is known.</summary>
/// <param name="Seconds">How long it has been at work.</param>
/// <param name="Chunks">What it has spoken in that time.</param>
/// <param name="AudioMs">How long that plays.</param>
internal readonly record struct RunPace(double Seconds, int Chunks, long AudioMs)
{
    public static RunPace Of(string status, double seconds, int chunks, long audioMs) =>
        status == "running" ? new(seconds, chunks, audioMs) : default;

    /// <summary>Seconds of work for a second of speech; null before there is speech.</summary>
    public double? RealTimeFactor => AudioMs > 0 ? Math.Round(Seconds * 1000 / AudioMs, 4) : null;

    /// <summary>How long so many chunks more will take; null while that can't be known.</summary>
    public int? SecondsLeft(int chunks) =>
        Seconds > 0 && Chunks > 0 ? (int)Math.Ceiling(Seconds / Chunks * chunks) : null;
}

/// <summary>Why a run failed.</summary>
/// <param name="Step">The step that failed.</param>
/// <param name="Code">A stable code.</param>
/// <param name="Detail">A sentence, with what to do.</param>
internal sealed record JobError(string Step, string Code, string Detail);

/// <summary>The finished file.</summary>
/// <param name="Sha256">Of its bytes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="DurationMs">How long it plays.</param>
internal sealed record JobResult(string Sha256, long Bytes, long DurationMs);

internal static class GetJobEndpoint
{
    public static readonly JobView Example = new(
        "job_01jbrc2ahvfh68wqz0e60r18x5",
        JobKinds.Audiobook,
        "Pride and Prejudice",
        "project_01jbrc2ahvfh68wqz0e60r18x5",
        "running",
        false,
        "synthesize",
        42,
        null,
        1,
        "openai-nova",
        "flite-slt",
        "m4b",
        64,
        18_204,
        3_301,
        new JobProgress(1, 3),
        1,
        new JobProgress(61, 124),
        0,
        0,
        612_400,
        0.0125,
        8,
        "0.36408",
        "0",
        null,
        null,
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        null,
        JobLinks.Of(Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"))
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/jobs/{id}", HandleAsync)
            .WithName("GetJob")
            .WithTags("jobs")
            .WithSummary("A job with its progress")
            .WithDescription(
                "The ETag tells versions apart: If-None-Match answers 304, and a change takes it as If-Match."
            )
            .Produces<JobView>()
            .Produces(StatusCodes.Status304NotModified)
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: Example);

    private static async Task<IResult> HandleAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(JobLinks.Prefix, id, out var job)
            ? await AnswerAsync(job, http, caller, store, cancel)
            : JobNotFound.Problem.AsResult();

    /// <summary>The job as it is now, or that the client has it already.</summary>
    public static async Task<IResult> AnswerAsync(
        Guid job,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await JobView.QueryAsync(session, "v.id = $1", cancel, job) is not [var (view, version, _)])
            return JobNotFound.Problem.AsResult();
        var tag = view.TagAt(version);
        if (view.Status is not ("running" or "pending"))
            return VersionTag.Answer(http, tag, view);
        VersionTag.Tell(http.Response, tag);
        return TypedResults.Ok(view); // a running job's times move without an event, so it is never unchanged
    }
}
