using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Media;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Lectern.Accounts.Profile;

/// <summary><c>PUT, GET, DELETE /me/avatar</c> and <c>GET /people/{id}/avatar</c>.</summary>
internal static class AvatarEndpoints
{
    /// <summary>Where people see their own.</summary>
    public const string OwnPath = "/api/v1/me/avatar";

    private const int MostBytes = 5 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPut("/me/avatar", PutAsync)
            .WithTags("me")
            .WithSummary("Set my picture")
            .WithDescription(
                "The body is a PNG, JPEG or WebP image of at most 5 MB and 50 million pixels. It becomes a square of 256 × 256 pixels, cut from its middle; nothing else of the file is kept."
            )
            .ForThePerson()
            .Accepts<byte[]>("image/png", "image/jpeg", "image/webp")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(AccountsProblems.UnusableImage, CommonProblems.TooLarge, CommonProblems.UnsupportedMediaType)
            .WithExample();
        api.MapGet("/me/avatar", GetOwnAsync)
            .WithTags("me")
            .WithSummary("My picture")
            .ForThePerson()
            .Produces<byte[]>(contentType: Avatars.MediaType)
            .WithProblems(CommonProblems.NotFound)
            .WithExample();
        api.MapDelete("/me/avatar", DeleteAsync)
            .WithTags("me")
            .WithSummary("Delete my picture")
            .ForThePerson()
            .Produces(StatusCodes.Status204NoContent)
            .WithExample();
        api.MapGet("/people/{id}/avatar", GetAsync)
            .WithTags("people")
            .WithSummary("The picture of a member of the workspace")
            .Produces<byte[]>(contentType: Avatars.MediaType)
            .WithProblems(CommonProblems.NotFound)
            .WithExample();
    }

    private static async Task<IResult> PutAsync(
        HttpContext http,
        Caller caller,
        ImageRewriter images,
        Avatars avatars,
        CancellationToken cancel
    )
    {
        if (
            !MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || ImageKind.All.FirstOrDefault(k => type.MediaType.Equals(k.MediaType, StringComparison.OrdinalIgnoreCase))
                is not { } kind
        )
            return CommonProblems
                .UnsupportedMediaType.With($"Send {string.Join(", ", ImageKind.All.Select(k => k.MediaType))}.")
                .AsResult();
        if (await ReadAsync(http.Request.Body, cancel) is not { } image)
            return CommonProblems.TooLarge.With($"A picture may have at most {MostBytes} bytes.").AsResult();
        if (!kind.Fits(image.Span))
            return AccountsProblems
                .UnusableImage.With($"The bytes do not begin as those of {kind.MediaType} do.")
                .AsResult();
        if (await images.SquareAsync(image, kind, Avatars.Side, cancel) is not { } png)
            return AccountsProblems
                .UnusableImage.With("The image is not whole, or has more than 50 million pixels.")
                .AsResult();
        var stored = await avatars.ReplaceAsync(caller, png, cancel);
        http.Response.Headers.ETag = TagOf(stored.Sha256);
        return TypedResults.NoContent();
    }

    private static Task<IResult> GetOwnAsync(
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    ) => AnswerAsync(http, caller, caller.Person, store, blobs, cancel);

    /// <summary>Row security shows the pictures of the workspace's members, and nobody else's.</summary>
    private static async Task<IResult> GetAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(AccountIds.PersonPrefix, id, out var person)
            ? await AnswerAsync(http, caller, person, store, blobs, cancel)
            : NoPicture();

    private static async Task<IResult> DeleteAsync(Caller caller, Avatars avatars, CancellationToken cancel)
    {
        await avatars.DeleteAsync(caller, cancel);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext http,
        Caller caller,
        Guid person,
        EventStore store,
        IBlobStore blobs,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (
            await Avatars.FindAsync(session, person, cancel) is not { } avatar
            || await blobs.OpenReadAsync(avatar.Blob, cancel) is not { } content
        )
            return NoPicture();
        http.Response.Headers.CacheControl = "private, no-cache"; // kept, and asked about each time: it may be gone
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Stream(
            content,
            Avatars.MediaType,
            entityTag: new EntityTagHeaderValue(TagOf(avatar.Sha256))
        );
    }

    private static string TagOf(string sha256) => $"\"{sha256}\"";

    private static ProblemResult NoPicture() => CommonProblems.NotFound.With("There is no such picture.").AsResult();

    /// <summary>Null when there is more than the limit; what is behind it is not kept.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream body, CancellationToken cancel)
    {
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancel)) > 0)
        {
            if (content.Length + read > MostBytes)
                return null;
            content.Write(buffer, 0, read);
        }

        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }
}
