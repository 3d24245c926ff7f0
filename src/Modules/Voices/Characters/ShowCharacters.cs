using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Characters;

/// <summary><c>GET /characters</c> and <c>GET /characters/{id}</c>.</summary>
internal static class ShowCharactersEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/characters", ListAsync)
            .WithName("ListCharacters")
            .WithTags("characters")
            .WithSummary("The workspace's characters, or everybody's public ones, newest first")
            .WithDescription(
                "scope is mine (the workspace's own) or public; search looks into names and descriptions; starred=true shows those that I starred, of both scopes unless one is named."
            )
            .Produces<Page<CharacterView>>()
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: new Page<CharacterView>([CharacterView.Example], null));
        api.MapGet("/characters/{id}", GetAsync)
            .WithName("GetCharacter")
            .WithTags("characters")
            .WithSummary("A character")
            .WithDescription("The ETag is the version that PATCH takes as If-Match; stars don't change it.")
            .Produces<CharacterView>()
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: CharacterView.Example);
    }

    private static async Task<IResult> ListAsync(
        string? scope,
        string? search,
        bool? starred,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CharacterRows rows,
        CancellationToken cancel
    )
    {
        if (scope is not (null or "mine" or "public"))
            return Invalid("scope", "must be mine or public");
        if (SearchPattern.Check("search", search) is { } unusable)
            return unusable.AsResult();
        var shown = scope ?? (starred == true ? "all" : "mine");
        var list = $"characters|{caller.Workspace}|{caller.Person}|{shown}|{starred}|{search}";
        var (page, refusal) = ListPage.Of(cursors, list, limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenSession(caller);
        var found = await rows.FindAsync(
            session,
            caller,
            """
            case $3 when 'mine' then v.workspace_id = $1 when 'public' then v.public else true end
              and ($4::text is null or c.name ilike $4 or c.description ilike $4)
              and ($5::boolean is null
                   or exists (select from voices.character_stars t where t.character_id = v.id and t.person_id = $2) = $5)
              and (v.created_at, v.id) < ($6, $7)
            order by v.created_at desc, v.id desc limit $8
            """,
            cancel,
            shown,
            Typed.Text(SearchPattern.Containing(search)),
            new Typed(starred, NpgsqlTypes.NpgsqlDbType.Boolean),
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(found));
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CharacterRows rows,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(Character.Prefix, id, out var character)
            ? await AnswerAsync(http, caller, store, rows, character, cancel)
            : CharacterProblems.NotThere.AsResult();

    /// <summary>The character as it is now.</summary>
    public static async Task<IResult> AnswerAsync(
        HttpContext http,
        Caller caller,
        EventStore store,
        CharacterRows rows,
        Guid character,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await rows.FindAsync(session, caller, "v.id = $3", cancel, character) is not [var row])
            return CharacterProblems.NotThere.AsResult();
        VersionTag.Tell(http.Response, VersionTag.Of(row.Item.Version));
        return TypedResults.Ok(row.Item);
    }

    private static ProblemResult Invalid(string field, string detail) =>
        CommonProblems.InvalidValues.With("The filter doesn't fit.", new FieldError(field, detail)).AsResult();
}
