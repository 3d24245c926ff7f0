using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Characters;

/// <summary><c>PUT</c> and <c>DELETE /characters/{id}/consent</c>.</summary>
internal static class ConsentEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPut("/characters/{id}/consent", GiveAsync)
            .WithTags("characters")
            .WithSummary("Declare that the voice may be cloned, and have it cloned")
            .WithDescription(
                "The statement says who agrees; it is stored with who sent it and when, and the hash of the recording that it is about. Given again it replaces the last one, and a clone that failed is tried again."
            )
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues)
            .WithExample(new GiveConsent("This is my own voice. Speak with it.", "self"));
        api.MapDelete("/characters/{id}/consent", WithdrawAsync)
            .WithTags("characters")
            .WithSummary("Take the consent back, and have the clone deleted")
            .WithDescription(
                "The character stays, and speaks with a catalogue voice again. Doing it twice changes nothing."
            )
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(CommonProblems.NotFound)
            .WithExample();
    }

    private static async Task<IResult> GiveAsync(
        string id,
        GiveConsent consent,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, cancel) is not { } stream)
            return CharacterProblems.NotThere.AsResult();
        if (consent.Faults("/statement", "/by").ToArray() is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("Some values don't fit.", faults).AsResult();
        stream.Append(Consents.Give(session, stream.Id, caller.Person, consent, stream.State.Sample));
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> WithdrawAsync(
        string id,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, cancel) is not { } stream)
            return CharacterProblems.NotThere.AsResult();
        if (stream.State.HasConsent)
        {
            CharacterDeletion.DropClone(session, stream.Id, stream.State);
            stream.Append(new ConsentWithdrawn());
            session.DropWaiting(stream.Id);
            session.Execute("delete from voices.consents where character_id = $1", stream.Id);
        }

        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }

    private static async Task<StreamForWriting<Character>?> FindAsync(
        Session session,
        string id,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(Character.Prefix, id, out var character)
        && await session.FetchForExclusiveWriting<Character>(character, cancel) is { State.Exists: true } stream
            ? stream
            : null;
}
