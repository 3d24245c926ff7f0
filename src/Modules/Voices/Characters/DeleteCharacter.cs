using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Characters;

/// <summary>What went with a character.</summary>
/// <param name="Id">The character.</param>
/// <param name="Files">Its files: the sample, and the image and thumbnail of each expression.</param>
/// <param name="ClonedBy">The provider that is told to delete its clone; null when none kept one.</param>
internal sealed record CharacterGone(string Id, IReadOnlyList<string> Files, string? ClonedBy);

/// <summary>What deleting a character means for its rows and files, in the unit of work that says so.</summary>
internal static class CharacterDeletion
{
    /// <summary>Adds it to the unit of work, and says what goes.</summary>
    public static async Task<CharacterGone> ApplyAsync(
        Session session,
        StreamForWriting<Character> character,
        CancellationToken cancel
    )
    {
        var files = await session.QueryAsync(
            """
            select 'sample.wav' from voices.samples where character_id = $1
            union all select 'images/' || expression || '.png' from voices.character_images where character_id = $1
            union all select 'images/' || expression || '.thumbnail.png' from voices.character_images where character_id = $1
            order by 1
            """,
            row => row.GetString(0),
            cancel,
            character.Id
        );
        var clone = character.State;
        DropClone(session, character.Id, clone);
        character.Append(new CharacterDeleted());
        session.DropWaiting(character.Id);
        session.Execute("delete from voices.characters where id = $1", character.Id); // and what refers to it
        session.Enqueue(new DeleteCharacterFolder(character.Id));
        return new CharacterGone(
            PublicId.Format(Character.Prefix, character.Id),
            files,
            clone.CloneVoice is null ? null : clone.CloneProvider
        );
    }

    /// <summary>Has the clone deleted at its provider, if one is kept there.</summary>
    public static void DropClone(Session session, Guid character, Character state)
    {
        if (state is { CloneProvider: { } provider, CloneVoice: { } voice })
            session.Enqueue(new DeleteClone(character, provider, voice, state.CloneAccount));
    }
}

/// <summary><c>DELETE /characters/{id}</c>.</summary>
internal static class DeleteCharacterEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/characters/{id}", HandleAsync)
            .WithName("DeleteCharacter")
            .WithTags("characters")
            .WithSummary("Delete a character with its files and its clone")
            .WithDescription("Answers which files go. A clone at a provider is deleted there, too.")
            .Produces<CharacterGone>()
            .WithProblems(CommonProblems.NotFound)
            .WithExample(
                response: new CharacterGone(
                    CharacterView.Example.Id,
                    ["images/neutral.png", "images/neutral.thumbnail.png", "sample.wav"],
                    "elevenlabs"
                )
            );

    private static async Task<IResult> HandleAsync(string id, Caller caller, EventStore store, CancellationToken cancel)
    {
        if (!PublicId.TryParse(Character.Prefix, id, out var character))
            return CharacterProblems.NotThere.AsResult();
        await using var session = store.OpenSession(caller);
        if (await session.FetchForExclusiveWriting<Character>(character, cancel) is not { State.Exists: true } stream)
            return CharacterProblems.NotThere.AsResult();
        var gone = await CharacterDeletion.ApplyAsync(session, stream, cancel);
        await session.SaveChangesAsync(cancel);
        return TypedResults.Ok(gone);
    }
}
