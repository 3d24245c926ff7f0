using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Lectern.Voices.Catalogue;
using Lectern.Voices.Contracts;
using Lectern.Voices.Lexicons;
using Lectern.Voices.Previews;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lectern.Voices;

/// <summary>Who speaks: the voices of the engines that are there.</summary>
public sealed class VoicesModule : IModule
{
    /// <inheritdoc/>
    public string Name => "voices";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => VoicesProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<VoicesSettings>(configuration, "Voices");
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<VoicesSettings>>().Value.LocalEngines());
        services.AddSingleton<ISpeechEngine, FliteEngine>();
        services.AddSingleton<ISpeechEngine, EspeakNgEngine>();
        services.AddSingleton<ISpeechEngine, FestivalEngine>();
        services.AddSingleton<ISpeechEngine, RhVoiceEngine>();
        services.AddSingleton<ITranscriber, PocketsphinxTranscriber>();
        services.AddSingleton<ForcedAligner>();
        services.AddSingleton<ITranslator, ApertiumTranslator>();
        services.AddSingleton<IScriptWriter, ExtractiveScriptWriter>();
        services.AddSingleton<IImageMaker, CoverMaker>();
        services.AddSingleton<VoiceCatalogue>();
        services.AddSingleton<VoicePreviews>();
        services.AddSingleton<LexiconVoices>();
        services.AddSingleton<IErasePart, LexiconsErasure>();
        services.AddSingleton<IExportPart, LexiconsExport>();
        services.AddHealthChecks().AddCheck<EnginesHealth>("engines");
        services.AddHostedService(provider => provider.GetRequiredService<VoiceCatalogue>());
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        // The catalogue is what the engines say, so nothing of it is stored.
        eventing.Schema(Name, typeof(VoicesModule).Assembly);
        LexiconState.Register(eventing);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        VoicesEndpoint.Map(api);
        PreviewVoiceEndpoint.Map(api);
        CreateLexiconEndpoint.Map(api);
        ReadLexiconsEndpoints.Map(api);
        ChangeLexiconEndpoints.Map(api);
        TestLexiconEndpoint.Map(api);
    }
}
