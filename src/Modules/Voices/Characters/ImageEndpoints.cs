using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Voices.Characters;

/// <summary>The parts of the form, for the API's description; other expressions are <c>image-happy</c> and so on.</summary>
internal sealed record AddImagesForm(IFormFile Image);

/// <summary><c>POST /characters/{id}/images</c> and <c>DELETE /characters/{id}/images/{expression}</c>.</summary>
internal static class ImageEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/characters/{id}/images", AddAsync)
            .WithName("AddCharacterImages")
            .WithTags("characters")
            .WithSummary("Add images to a character, or replace those of the same expressions")
            .WithDescription(
                "A multipart form with a part image-<expression> for each image, such as image-happy; image alone is the neutral one. PNG, JPEG or WebP; what is kept is a PNG of at most 1024 pixels along a side, and a thumbnail of 256."
            )
            .Accepts<AddImagesForm>("multipart/form-data")
            .Produces<CharacterView>()
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues, CommonProblems.TooLarge)
            .WithProblems(CommonProblems.UnsupportedMediaType)
            .WithProblems(CharacterProblems.UnusableImage, CharacterProblems.TooManyImages)
            .WithExample(response: CharacterView.Example);
        api.MapDelete("/characters/{id}/images/{expression}", DeleteAsync)
            .WithName("DeleteCharacterImage")
            .WithTags("characters")
            .WithSummary("Delete the image of an expression")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(CommonProblems.NotFound)
            .WithExample();
    }

    private static async Task<IResult> AddAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        CharacterPictures pictures,
        CharacterRows rows,
        IOptions<CharactersSettings> settings,
        CancellationToken cancel
    )
    {
        // Asked first, so that nobody sends megabytes to a character that isn't there; asked again under the lock.
        await using (var before = store.OpenSession(caller))
            if (await FindAsync(before, id, lockIt: false, cancel) is null)
                return CharacterProblems.NotThere.AsResult();
        var (form, unreadable) = await CharacterForm.ReadAsync(http, settings.Value, [], withSample: false, cancel);
        if (form is null)
            return unreadable!.AsResult();
        using var reading = form;
        if (form.Images.Count == 0)
            return CharacterForm.Invalid(CharacterForm.ImagePart, "is missing").AsResult();
        var (images, unusable) = await pictures.MakeAsync(form, cancel);
        if (unusable is not null)
            return unusable.AsResult();

        PublicId.TryParse(Character.Prefix, id, out var character);
        var files = new CharacterFiles(blobs, caller.Workspace, character, store);
        var stored = new List<StoredImage>();
        foreach (var image in images)
            stored.Add(await files.WriteImageAsync(image, cancel));
        await using var session = store.OpenSession(caller);
        if (await SaveAsync(session, id, stored, settings.Value.Images, cancel) is { } refusal)
        {
            await files.DropAsync();
            return refusal.AsResult();
        }

        return await ShowCharactersEndpoints.AnswerAsync(http, caller, store, rows, character, cancel);
    }

    private static async Task<Problem?> SaveAsync(
        Session session,
        string id,
        IReadOnlyList<StoredImage> stored,
        int most,
        CancellationToken cancel
    )
    {
        if (await FindAsync(session, id, lockIt: true, cancel) is not { } stream)
            return CharacterProblems.NotThere;
        var before = await session.QueryAsync(
            "select expression, blob, thumbnail from voices.character_images where character_id = $1",
            row => (Expression: row.GetString(0), Files: new[] { row.GetString(1), row.GetString(2) }),
            cancel,
            stream.Id
        );
        var expressions = before.Select(image => image.Expression).Union(stored.Select(image => image.Expression));
        if (expressions.Count() > most)
            return CharacterProblems.TooManyImages.With($"A character may have at most {most} images.");
        foreach (var image in stored)
            image.Save(session, stream.Id);
        stream.Append([.. stored.Select(image => new CharacterPictured(image.Png.Sha256))]);
        var replaced = before.IntersectBy(stored.Select(image => image.Expression), image => image.Expression);
        if (replaced.SelectMany(image => image.Files).ToArray() is { Length: > 0 } files)
            session.Enqueue(new DeleteCharacterFiles(files));
        await session.SaveChangesAsync(cancel);
        return null;
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        string expression,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, lockIt: true, cancel) is not { } stream)
            return CharacterProblems.NotThere.AsResult();
        var found = CharacterForm.IsExpression(expression)
            ? await session.QueryAsync(
                "select sha256, blob, thumbnail from voices.character_images where character_id = $1 and expression = $2",
                row => (Sha256: row.GetString(0), Files: new[] { row.GetString(1), row.GetString(2) }),
                cancel,
                stream.Id,
                expression
            )
            : [];
        if (found is not [var image])
            return CharacterProblems.NoImage.AsResult();
        stream.Append(new CharacterPictureDeleted(image.Sha256));
        session.Execute(
            "delete from voices.character_images where character_id = $1 and expression = $2",
            stream.Id,
            expression
        );
        session.Enqueue(new DeleteCharacterFiles(image.Files));
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }

    private static async Task<StreamForWriting<Character>?> FindAsync(
        Session session,
        string id,
        bool lockIt,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(Character.Prefix, id, out var character))
            return null;
        var stream = lockIt
            ? await session.FetchForExclusiveWriting<Character>(character, cancel)
            : await session.FetchForWriting<Character>(character, cancel);
        return stream is { State.Exists: true } ? stream : null;
    }
}
