using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel.History;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Lexicons;

/// <summary>The history of a lexicon, which tells how many entries it had and not which; its versions have those.</summary>
internal static class LexiconHistoryEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapHistory<LexiconState>(
            "/lexicons/{id}",
            new HistorySubject(
                "lexicon",
                "Lexicon",
                "a lexicon",
                "lexicons",
                LexiconSummary.Prefix,
                ["voices.lexicon_"],
                LexiconSummary.NotFound,
                FindAsync,
                new HistoryExample(
                    "voices.lexicon_created.v1",
                    JsonSerializer.SerializeToElement(
                        new LexiconCreated(null, "en", 1),
                        LexiconsJson.Default.LexiconCreated
                    ),
                    JsonSerializer.SerializeToElement(LexiconState.Initial, LexiconsJson.Default.LexiconState)
                )
            )
        );

    private static async Task<Guid?> FindAsync(Session session, Guid? lexicon, CancellationToken cancel) =>
        lexicon is { } id && await LexiconSummary.FindAsync(session, id, cancel) is not null ? id : null;
}
