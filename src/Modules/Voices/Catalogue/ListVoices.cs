using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Catalogue;

/// <summary>A voice that can be chosen.</summary>
/// <param name="Id">Name it so when a job is submitted.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Provider">The engine.</param>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Gender">female, male or neutral.</param>
/// <param name="Class">What prices tell voices apart by.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Preview">Where a sentence can be heard.</param>
/// <param name="Available">Whether it can be used now.</param>
/// <param name="Reason">Why not, and what would help.</param>
internal sealed record VoiceView(
    string Id,
    string Name,
    string Provider,
    string Language,
    VoiceGender Gender,
    string Class,
    string Description,
    string Preview,
    bool Available,
    string? Reason
)
{
    public static VoiceView Of(CatalogueVoice known) =>
        new(
            known.Voice.Id,
            known.Voice.Name,
            known.Engine.Name,
            known.Voice.Language,
            known.Voice.Gender,
            known.Voice.Class,
            known.Voice.Description,
            $"/api/v1/voices/{known.Voice.Id}/preview",
            known.Unavailable is null,
            known.Unavailable
        );
}

/// <summary>An engine of speech, whether it can be used or not.</summary>
/// <param name="Name">Voices' ids begin with it.</param>
/// <param name="Available">Whether it can be used now.</param>
/// <param name="Reason">Why not, and what would help.</param>
/// <param name="Version">Of what speaks.</param>
internal sealed record ProviderView(string Name, bool Available, string? Reason, string? Version)
{
    public static ProviderView Of(CatalogueEngine engine) =>
        new(engine.Name, engine.Unavailable is null, engine.Unavailable, engine.Found.Version);
}

/// <summary>What can be chosen from, and what could be if it were installed.</summary>
internal sealed record VoiceList(IReadOnlyList<VoiceView> Voices, IReadOnlyList<ProviderView> Providers);

/// <summary><c>GET /voices</c> and <c>GET /voices/{id}</c>. The list is as long as engines are installed, so it has no pages.</summary>
internal static class VoicesEndpoint
{
    private static readonly VoiceView Example = new(
        "flite-slt",
        "Sally",
        "flite",
        "en-US",
        VoiceGender.Female,
        EngineVoice.StandardClass,
        "American woman, clear and even; the best for long texts.",
        "/api/v1/voices/flite-slt/preview",
        true,
        null
    );

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/voices", ListAsync)
            .WithTags("voices")
            .WithSummary("The voices, by provider, language, gender and words")
            .WithDescription(
                "Anyone may ask. With a token, the providers of which the workspace has a key in its vault answer with that account's voices."
            )
            .AllowAnonymous()
            .WithExample(response: new VoiceList([Example], [new("flite", true, null, "flite-2.2-current")]))
            .WithProblems(CommonProblems.InvalidValues);
        api.MapGet("/voices/{id}", GetAsync)
            .WithTags("voices")
            .WithSummary("One voice")
            .AllowAnonymous()
            .WithExample(response: Example)
            .WithProblems(CommonProblems.NotFound);
    }

    private static async Task<Results<Ok<VoiceList>, ProblemResult>> ListAsync(
        VoiceCatalogue catalogue,
        Caller? caller,
        HttpResponse response,
        CancellationToken cancel,
        string? provider = null,
        string? language = null,
        string? gender = null,
        string? search = null,
        bool? available = null
    )
    {
        if (VoiceFilter.Parse(provider, language, gender, search, available) is not { } filter)
            return CommonProblems
                .InvalidValues.With(
                    "No voice has such a gender.",
                    new FieldError("gender", "must be female, male or neutral")
                )
                .AsResult();
        response.CacheAsCatalogue(caller);
        var (engines, voices) = await catalogue.AllAsync(caller?.Workspace, cancel);
        return TypedResults.Ok(
            new VoiceList(
                [.. voices.Where(filter.Takes).Select(VoiceView.Of)],
                [.. engines.Where(engine => engine.Engine is ISpeechEngine).Select(ProviderView.Of)]
            )
        );
    }

    private static async Task<Results<Ok<VoiceView>, ProblemResult>> GetAsync(
        string id,
        VoiceCatalogue catalogue,
        Caller? caller,
        HttpResponse response,
        CancellationToken cancel
    )
    {
        if (await catalogue.FindAsync(caller?.Workspace, id, cancel) is not { } voice)
            return VoicesProblems.Unknown().AsResult();
        response.CacheAsCatalogue(caller);
        return TypedResults.Ok(VoiceView.Of(voice));
    }
}

/// <summary>How long an answer of the catalogue may be kept, and by whom.</summary>
internal static class CatalogueCaching
{
    /// <summary>A minute by anyone; what a workspace's own keys give must be seen at once, and by nobody else.</summary>
    public static void CacheAsCatalogue(this HttpResponse response, Caller? caller)
    {
        response.Headers.Vary = "Authorization";
        response.Headers.CacheControl = caller is null ? "public, max-age=60" : "private, no-cache";
    }
}
