using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Lectern.Voices.Characters;

/// <summary>
/// A character's images, for everybody who can see it, and its sample, for its workspace only: a recording of somebody's
/// voice is what another clone could be made of.
/// </summary>
internal static class CharacterFileEndpoints
{
    private const string SampleType = "audio/wav";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/characters/{id}/images/{expression}", ImageAsync)
            .WithTags("characters")
            .WithSummary("The image of an expression")
            .Produces<byte[]>(contentType: CharacterPictures.MediaType)
            .WithProblems(CommonProblems.NotFound)
            .WithExample();
        api.MapGet("/characters/{id}/images/{expression}/thumbnail", ThumbnailAsync)
            .WithTags("characters")
            .WithSummary("The image of an expression, at most 256 pixels along a side")
            .Produces<byte[]>(contentType: CharacterPictures.MediaType)
            .WithProblems(CommonProblems.NotFound)
            .WithExample();
        api.MapGet("/characters/{id}/sample", SampleAsync)
            .WithTags("characters")
            .WithSummary("The voice sample, normalised; for the character's workspace")
            .Produces<Stream>(contentType: SampleType)
            .WithProblems(CommonProblems.NotFound)
            .WithExample();
    }

    private static Task<IResult> ImageAsync(
        string id,
        string expression,
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    ) => PictureAsync(id, expression, "blob", http, caller, store, blobs, cancel);

    private static Task<IResult> ThumbnailAsync(
        string id,
        string expression,
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    ) => PictureAsync(id, expression, "thumbnail", http, caller, store, blobs, cancel);

    private static async Task<IResult> PictureAsync(
        string id,
        string expression,
        string column,
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(Character.Prefix, id, out var character))
            return CharacterProblems.NotThere.AsResult();
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            $"""
            select i.{column} from voices.characters c
            left join voices.character_images i on i.character_id = c.id and i.expression = $2 where c.id = $1
            """,
            row => row.IsDBNull(0) ? null : row.GetString(0),
            cancel,
            character,
            CharacterForm.IsExpression(expression) ? expression : ""
        );
        return found is not [var blob] ? CharacterProblems.NotThere.AsResult()
            : blob is null ? CharacterProblems.NoImage.AsResult()
            : await StreamAsync(http, blobs, blob, CharacterPictures.MediaType, cancel);
    }

    private static async Task<IResult> SampleAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(Character.Prefix, id, out var character))
            return CharacterProblems.NotThere.AsResult();
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            "select blob from voices.samples where character_id = $1 and workspace_id = $2",
            row => row.GetString(0),
            cancel,
            character,
            caller.Workspace
        );
        return found is [var blob]
            ? await StreamAsync(http, blobs, blob, SampleType, cancel)
            : CharacterProblems.NotThere.AsResult();
    }

    /// <summary>Each file is written once under a name of its own, so the name can be the tag.</summary>
    private static async Task<IResult> StreamAsync(
        HttpContext http,
        IBlobStore blobs,
        string blob,
        string type,
        CancellationToken cancel
    )
    {
        if (await blobs.OpenReadAsync(blob, cancel) is not { } content)
            return CharacterProblems.NotThere.AsResult(); // deleted in between
        http.Response.Headers.CacheControl = "private, no-cache"; // kept, and asked about each time: it may be gone
        http.Response.Headers.XContentTypeOptions = "nosniff";
        var tag = new EntityTagHeaderValue($"\"{Path.GetFileNameWithoutExtension(blob)}\"");
        return TypedResults.Stream(content, type, entityTag: tag, enableRangeProcessing: true);
    }
}
