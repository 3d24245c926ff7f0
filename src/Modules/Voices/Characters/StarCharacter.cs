using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Characters;

/// <summary>The stars of a character.</summary>
/// <param name="Stars">How many people starred it.</param>
/// <param name="Starred">Whether the caller did.</param>
internal sealed record StarsView(long Stars, bool Starred);

/// <summary><c>PUT</c> and <c>DELETE /characters/{id}/star</c>; doing either twice changes nothing.</summary>
internal static class StarCharacterEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPut("/characters/{id}/star", StarAsync)
            .WithTags("characters")
            .WithSummary("Star a character")
            .ForThePerson()
            .Produces<StarsView>()
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: new StarsView(13, true));
        api.MapDelete("/characters/{id}/star", UnstarAsync)
            .WithTags("characters")
            .WithSummary("Take my star from a character")
            .ForThePerson()
            .Produces<StarsView>()
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: new StarsView(12, false));
    }

    /// <summary>Who can't see the character finds no row to star.</summary>
    private static Task<IResult> StarAsync(string id, Caller caller, EventStore store, CancellationToken cancel) =>
        ChangeAsync(
            id,
            """
            insert into voices.character_stars (character_id, person_id)
            select c.id, $2 from voices.characters c where c.id = $1 on conflict do nothing
            """,
            caller,
            store,
            cancel
        );

    private static Task<IResult> UnstarAsync(string id, Caller caller, EventStore store, CancellationToken cancel) =>
        ChangeAsync(
            id,
            "delete from voices.character_stars where character_id = $1 and person_id = $2",
            caller,
            store,
            cancel
        );

    private static async Task<IResult> ChangeAsync(
        string id,
        string sql,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(Character.Prefix, id, out var character))
            return CharacterProblems.NotThere.AsResult();
        await using var session = store.OpenSession(caller);
        session.Execute(sql, character, caller.Person);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException e) when (e.Constraint == "stars_character")
        {
            return CharacterProblems.NotThere.AsResult(); // it was deleted in between
        }

        await using var reading = store.OpenSession(caller);
        var stars = await reading.QueryAsync(
            """
            select (select count(*) from voices.character_stars t where t.character_id = c.id),
                   exists (select from voices.character_stars t where t.character_id = c.id and t.person_id = $2)
            from voices.characters c where c.id = $1
            """,
            row => new StarsView(row.GetInt64(0), row.GetBoolean(1)),
            cancel,
            character,
            caller.Person
        );
        return stars is [var view] ? TypedResults.Ok(view) : CharacterProblems.NotThere.AsResult();
    }
}
