using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Characters;

/// <summary>New values of a character's parameters; what is absent stays.</summary>
internal sealed record ChangedParameters(
    double? Speed = null,
    int? Steps = null,
    double? CrossFade = null,
    bool? RemoveSilences = null
);

/// <summary>New values of a character; what is absent stays.</summary>
internal sealed record ChangeCharacter(
    string? Name = null,
    string? Description = null,
    ChangedParameters? Parameters = null,
    CharacterVisibility? Visibility = null
)
{
    /// <summary>What happens to the character; nothing when all is as it was.</summary>
    public static IReadOnlyList<object> Decide(Character character, ChangeCharacter change)
    {
        var events = new List<object>();
        var parameters = change.ParametersOf(character);
        if (parameters != character.Parameters || change.Name is not null || change.Description is not null)
            events.Add(new CharacterChanged(parameters));
        if (change.Visibility is { } visibility && (visibility == CharacterVisibility.Public) != character.Public)
            events.Add(character.Public ? new CharacterUnpublished() : new CharacterPublished());
        return events;
    }

    /// <summary>What the character's parameters would be.</summary>
    public CharacterParameters ParametersOf(Character character) =>
        new(
            Parameters?.Speed ?? character.Parameters.Speed,
            Parameters?.Steps ?? character.Parameters.Steps,
            Parameters?.CrossFade ?? character.Parameters.CrossFade,
            Parameters?.RemoveSilences ?? character.Parameters.RemoveSilences
        );

    /// <summary>What is wrong with it; none when it fits.</summary>
    public IEnumerable<FieldError> Faults() =>
        [
            .. Name is null ? [] : CharacterRequest.NameFaults("/name", Name.Trim()),
            .. Description is null ? [] : CharacterRequest.DescriptionFaults("/description", Description),
            .. CharacterRequest.ParameterFaults("/parameters/", ParametersOf(Character.Initial)),
        ];
}

/// <summary><c>PATCH /characters/{id}</c>.</summary>
internal static class ChangeCharacterEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPatch("/characters/{id}", HandleAsync)
            .WithName("ChangeCharacter")
            .WithTags("characters")
            .WithSummary("Change a character's name, description, parameters or visibility")
            .WithDescription("With If-Match it is changed only if it is still that version.")
            .Produces<CharacterView>()
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues, CommonProblems.PreconditionFailed)
            .WithExample(
                new ChangeCharacter("Anne", null, new ChangedParameters(Speed: 1.1), CharacterVisibility.Public),
                CharacterView.Example
            );

    private static async Task<IResult> HandleAsync(
        string id,
        ChangeCharacter change,
        HttpContext http,
        Caller caller,
        EventStore store,
        CharacterRows rows,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(Character.Prefix, id, out var character))
            return CharacterProblems.NotThere.AsResult();
        await using var session = store.OpenSession(caller);
        if (await session.FetchForExclusiveWriting<Character>(character, cancel) is not { State.Exists: true } stream)
            return CharacterProblems.NotThere.AsResult();
        if (change.Faults().ToArray() is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("Some values don't fit.", faults).AsResult();
        if (CharacterProblems.Stale(http.Request, stream.Version) is { } stale)
            return stale.AsResult();
        stream.Append([.. ChangeCharacter.Decide(stream.State, change)]);
        session.Execute(
            "update voices.characters set name = coalesce($2, name), description = coalesce($3, description) where id = $1",
            character,
            Typed.Text(change.Name?.Trim()),
            Typed.Text(change.Description)
        );
        await session.SaveChangesAsync(cancel);
        return await ShowCharactersEndpoints.AnswerAsync(http, caller, store, rows, character, cancel);
    }
}
