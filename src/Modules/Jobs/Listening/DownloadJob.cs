using System.Globalization;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Lectern.Jobs.Listening;

/// <summary>A link to the finished file.</summary>
/// <param name="Url">Good for a GET without a token, with Range, until it expires.</param>
/// <param name="FileName">What to call the file.</param>
/// <param name="Sha256">Of its bytes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="ExpiresInSeconds">How long the link is good.</param>
internal sealed record ResultLink(string Url, string FileName, string Sha256, long Bytes, int ExpiresInSeconds);

internal static class DownloadJobEndpoints
{
    private const string FilePrefix = "file";
    private static readonly TimeSpan LinkLife = TimeSpan.FromMinutes(15);

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{id}/result", ResultAsync)
            .WithName("GetJobResult")
            .WithTags("jobs")
            .WithSummary("A signed link to the finished file")
            .Produces<ResultLink>()
            .WithProblems(JobsProblems.NoResult)
            .WithExample(
                response: new ResultLink(
                    "/api/v1/files/file_01jbrc2ahvfh68wqz0e60r18x6?artifact=…&exp=1767606900&kid=1&sig=…",
                    "Pride and Prejudice.m4b",
                    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    9_871_234,
                    900
                )
            );
        api.MapGet("/jobs/{id}/download", DownloadAsync)
            .WithName("DownloadJob")
            .WithTags("jobs")
            .WithSummary("Redirects to the finished file")
            .Produces(StatusCodes.Status307TemporaryRedirect)
            .WithProblems(JobsProblems.NoResult)
            .WithExample();
        api.MapMethods("/files/{id}", ["GET", "HEAD"], FileAsync)
            .AllowAnonymous()
            .WithName("GetFile")
            .WithTags("jobs")
            .WithSummary("A finished file, by a signed link")
            .Produces<byte[]>(contentType: "audio/mp4")
            .WithProblems(CommonProblems.InvalidLink, CommonProblems.ExpiredLink, CommonProblems.RangeNotSatisfiable)
            .DisableRequestTimeout()
            .WithExample();
    }

    private static async Task<IResult> ResultAsync(
        string id,
        Caller caller,
        EventStore store,
        SignedLinks links,
        CancellationToken cancel
    )
    {
        var (link, refusal) = await LinkAsync(id, caller, store, links, cancel);
        return link is null ? refusal!.AsResult() : TypedResults.Ok(link);
    }

    private static async Task<IResult> DownloadAsync(
        string id,
        Caller caller,
        EventStore store,
        SignedLinks links,
        CancellationToken cancel
    )
    {
        var (link, refusal) = await LinkAsync(id, caller, store, links, cancel);
        return link is null
            ? refusal!.AsResult()
            : TypedResults.Redirect(link.Url, permanent: false, preserveMethod: true);
    }

    private static async Task<(ResultLink? Link, Problem? Refusal)> LinkAsync(
        string id,
        Caller caller,
        EventStore store,
        SignedLinks links,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(JobLinks.Prefix, id, out var job))
            return (null, JobNotFound.Problem);
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            """
            select v.status, v.format, coalesce(m.title, ''), a.id, a.sha256, a.bytes
            from jobs.job_view v
            left join jobs.manuscripts m on m.job_id = v.id
            left join jobs.artifacts a on a.id = v.artifact and v.status = 'completed'
            where v.id = $1
            """,
            row => new
            {
                Status = row.GetString(0),
                FileName = $"{row.GetString(2)}.{row.GetString(1)}",
                Artifact = row.IsDBNull(3) ? (Guid?)null : row.GetGuid(3),
                Sha256 = row.IsDBNull(4) ? "" : row.GetString(4),
                Bytes = row.IsDBNull(5) ? 0 : row.GetInt64(5),
            },
            cancel,
            job
        );
        if (found is not [var result])
            return (null, JobNotFound.Problem);
        if (result.Artifact is not { } artifact)
            return (null, JobsProblems.NoResult.With($"The job is {result.Status}."));

        var file = PublicId.Format(FilePrefix, artifact);
        return (
            new ResultLink(
                links.Sign("GET", $"/api/v1/files/{file}", file, LinkLife),
                result.FileName,
                result.Sha256,
                result.Bytes,
                (int)LinkLife.TotalSeconds
            ),
            null
        );
    }

    /// <summary>The signature stands for the caller; what it names is looked up, so that a deleted file is gone.</summary>
    private static async Task<IResult> FileAsync(
        string id,
        string? artifact,
        string? exp,
        string? kid,
        string? sig,
        HttpContext http,
        EventStore store,
        SignedLinks links,
        IBlobStore blobs,
        CancellationToken cancel
    )
    {
        var verdict = links.Verify("GET", http.Request.Path.Value!, artifact, exp, kid, sig);
        if (verdict != LinkVerdict.Valid || artifact != id || !PublicId.TryParse(FilePrefix, id, out var file))
            return (verdict == LinkVerdict.Expired ? CommonProblems.ExpiredLink : CommonProblems.InvalidLink)
                .With(verdict == LinkVerdict.Expired ? "The link's time is over." : "The link is not one of ours.")
                .AsResult();

        await using var session = store.OpenSystemSession();
        var found = await session.QueryAsync(
            """
            select a.blob, a.media_type, a.sha256, coalesce(m.title, 'audiobook')
            from jobs.artifacts a left join jobs.manuscripts m on m.job_id = a.job_id where a.id = $1
            """,
            row =>
                (
                    Blob: row.GetString(0),
                    MediaType: row.GetString(1),
                    Sha256: row.GetString(2),
                    Title: row.GetString(3)
                ),
            cancel,
            file
        );
        var content = found is [var known] ? await blobs.OpenReadAsync(known.Blob, cancel) : null;
        if (content is null)
            return CommonProblems.NotFound.With("The file has been deleted.").AsResult();

        var (blob, mediaType, sha256, title) = found[0];
        http.Response.Headers.CacheControl = "private, no-transform";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        var answer = TypedResults.Stream(
            content,
            mediaType,
            fileDownloadName: string.Concat(title.Select(c => char.IsControl(c) || c is '/' or '\\' ? ' ' : c))
                + Path.GetExtension(blob),
            entityTag: new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{sha256}\"")),
            enableRangeProcessing: true
        );
        return new FileInParts(answer);
    }

    /// <summary>
    /// The framework refuses a range outside the file without a body but with the file's type; without it, the refusal
    /// becomes a problem like every other.
    /// </summary>
    private sealed class FileInParts(IResult file) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await file.ExecuteAsync(httpContext);
            var response = httpContext.Response;
            if (response is { StatusCode: StatusCodes.Status416RangeNotSatisfiable, HasStarted: false })
                response.ContentType = null;
        }
    }
}
