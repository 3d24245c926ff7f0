using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel.History;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Characters;

/// <summary>The history of a character, for its workspace; who sees a public one of others sees only what it is.</summary>
internal static class CharacterHistoryEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapHistory<Character>(
            "/characters/{id}",
            new HistorySubject(
                "character",
                "Character",
                "a character",
                "characters",
                Character.Prefix,
                ["voices.character_", "voices.consent_", "voices.voice_", "voices.clone_"],
                CharacterProblems.NotThere,
                FindAsync,
                new HistoryExample(
                    "voices.character_published.v1",
                    JsonSerializer.SerializeToElement(new CharacterPublished(), VoicesJson.Default.CharacterPublished),
                    JsonSerializer.SerializeToElement(Character.Initial, VoicesJson.Default.Character)
                )
            )
        );

    private static async Task<Guid?> FindAsync(Session session, Guid? character, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            "select id from voices.character_view where id = $1 and workspace_id = $2",
            row => row.GetGuid(0),
            cancel,
            character,
            session.Context.Workspace
        );
        return found is [var known] ? known : null;
    }
}
