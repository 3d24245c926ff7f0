using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Catalogue;

/// <summary>A model: what one provider does one thing with.</summary>
/// <param name="Id">Unique: the provider, a slash, and the provider's own name of it.</param>
/// <param name="Provider">Whose it is.</param>
/// <param name="Ability">What it can do: speech, transcription, translation, script, voice_clone, image or dubbing.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Limits">What one request may be.</param>
/// <param name="Available">Whether it can be used now.</param>
/// <param name="Reason">Why not, and what would help.</param>
internal sealed record ModelView(
    string Id,
    string Provider,
    string Ability,
    string Title,
    EngineLimits Limits,
    bool Available,
    string? Reason
)
{
    /// <summary>The models of an engine; one that names none has one of the provider's name.</summary>
    public static IEnumerable<ModelView> Of(CatalogueEngine engine) =>
        engine
            .Found.Models.DefaultIfEmpty(new EngineModel(engine.Name, engine.Name))
            .Select(model => new ModelView(
                $"{engine.Name}/{model.Id}",
                engine.Name,
                CatalogueEngine.NameOf(engine.Engine.Ability),
                model.Title,
                engine.Engine.Limits,
                engine.Unavailable is null,
                engine.Unavailable
            ));
}

/// <summary>What can be used, and what could be.</summary>
internal sealed record ModelList(IReadOnlyList<ModelView> Models);

/// <summary><c>GET /models</c>. The list is as long as there are engines, so it has no pages.</summary>
internal static class ModelsEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/models", ListAsync)
            .WithTags("voices")
            .WithSummary("What every provider can do, by ability, provider, language and words")
            .WithDescription(
                "Anyone may ask. With a token, the providers of which the workspace has a key in its vault answer for that account."
            )
            .AllowAnonymous()
            .WithExample(
                response: new ModelList([
                    new ModelView(
                        "flite/flite",
                        "flite",
                        "speech",
                        "flite",
                        new EngineLimits(2)
                        {
                            MaxCharacters = 2000,
                            MinSpeed = 0.5,
                            MaxSpeed = 2,
                            Formats = ["wav"],
                        },
                        true,
                        null
                    ),
                ])
            )
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Ok<ModelList>, ProblemResult>> ListAsync(
        VoiceCatalogue catalogue,
        Caller? caller,
        HttpResponse response,
        CancellationToken cancel,
        string? provider = null,
        string? ability = null,
        string? language = null,
        string? search = null,
        bool? available = null
    )
    {
        if (ability is not null && !Enum.GetValues<Ability>().Any(a => CatalogueEngine.NameOf(a) == ability))
            return CommonProblems
                .InvalidValues.With(
                    "There is no such ability.",
                    new FieldError(
                        "ability",
                        $"must be one of {string.Join(", ", Enum.GetValues<Ability>().Select(CatalogueEngine.NameOf))}"
                    )
                )
                .AsResult();
        response.CacheAsCatalogue(caller);
        var engines = await catalogue.EnginesAsync(caller?.Workspace, cancel);
        return TypedResults.Ok(
            new ModelList([
                .. engines
                    .Where(engine => language is null || Speaks(engine, language))
                    .SelectMany(ModelView.Of)
                    .Where(model =>
                        (provider is null || model.Provider.Equals(provider, StringComparison.OrdinalIgnoreCase))
                        && (ability is null || model.Ability == ability)
                        && (available is null || model.Available == available)
                        && VoiceFilter.HasWords(search, $"{model.Id} {model.Title}")
                    ),
            ])
        );
    }

    // An engine that is not bound to some languages takes any; a pair such as en-es is of both.
    private static bool Speaks(CatalogueEngine engine, string language)
    {
        var languages = engine.Engine is ISpeechEngine ? engine.Found.Languages : engine.Engine.Limits.Languages;
        return !languages.Any()
            || languages.Any(tag =>
                tag == EngineVoice.ManyLanguages
                || VoiceFilter.Covers(language, tag)
                || (engine.Engine is ITranslator && tag.Split('-').Contains(language, StringComparer.OrdinalIgnoreCase))
            );
    }
}
