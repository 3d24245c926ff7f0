using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Views;

/// <summary>A unit of speech.</summary>
/// <param name="Chunk">Place in the book, from 0.</param>
/// <param name="Chapter">Its chapter, from 0.</param>
/// <param name="Segment">The unit of encoding that it belongs to.</param>
/// <param name="SourceStart">Where it begins in the source text, in UTF-16 units.</param>
/// <param name="SourceLength">How much of the source text it speaks.</param>
/// <param name="Spoken">What the engine is given; a pronunciation of a lexicon stands behind its word, between slashes.</param>
/// <param name="Hash">Content hash; a chunk whose hash is known is neither made nor charged again.</param>
/// <param name="Done">Whether its audio is there.</param>
/// <param name="SpokenBy">The voice that spoke it, where it was not the narrator.</param>
internal sealed record ChunkView(
    int Chunk,
    int Chapter,
    int Segment,
    int SourceStart,
    int SourceLength,
    string Spoken,
    string Hash,
    bool Done,
    string? SpokenBy
);

/// <summary>A page of a job's chunks in reading order.</summary>
/// <param name="Items">The chunks.</param>
/// <param name="Next">Pass it as <c>from</c> for the next page; null at the end.</param>
internal sealed record ChunkPage(IReadOnlyList<ChunkView> Items, int? Next);

internal static class ListChunksEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/jobs/{id}/chunks", HandleAsync)
            .WithName("ListChunks")
            .WithTags("jobs")
            .WithSummary("The chunks of a job in reading order")
            .Produces<ChunkPage>()
            .WithExample(
                response: new ChunkPage([new ChunkView(0, 0, 0, 46, 9, "Chapter one", "3f0a…", true, null)], null)
            );

    private static async Task<IResult> HandleAsync(
        string id,
        int? from,
        int? limit,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (Paging.CheckLimit(limit) is { } badLimit)
            return badLimit.AsResult();
        if (from < 0)
            return CommonProblems
                .InvalidValues.With("There is no such chunk.", new FieldError("from", "must be 0 or more"))
                .AsResult();
        if (!PublicId.TryParse(JobLinks.Prefix, id, out var job))
            return JobNotFound.Problem.AsResult();
        await using var session = store.OpenSession(caller);
        var known = await session.QueryAsync(
            "select 1 from jobs.job_view where id = $1",
            row => row.GetInt32(0),
            cancel,
            job
        );
        if (known.Count == 0)
            return JobNotFound.Problem.AsResult();
        var size = limit ?? Paging.DefaultLimit;
        var rows = await session.QueryAsync(
            """
            select c.chunk, s.chapter, c.segment, c.source_start, c.source_length, c.spoken, c.hash, c.audio is not null, c.spoken_by
            from jobs.chunks c join jobs.segments s on s.job_id = c.job_id and s.segment = c.segment
            where c.job_id = $1 and c.chunk >= $2 order by c.chunk limit $3
            """,
            row => new ChunkView(
                row.GetInt32(0),
                row.GetInt32(1),
                row.GetInt32(2),
                row.GetInt32(3),
                row.GetInt32(4),
                Pronunciation.Render(row.GetString(5), (word, ipa) => $"{word} /{ipa}/"),
                row.GetString(6),
                row.GetBoolean(7),
                row.IsDBNull(8) ? null : row.GetString(8)
            ),
            cancel,
            job,
            from ?? 0,
            size + 1
        );
        return TypedResults.Ok(new ChunkPage(rows.Take(size).ToList(), rows.Count > size ? rows[size].Chunk : null));
    }
}
