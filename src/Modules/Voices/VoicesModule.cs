using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Settings;
using Lectern.Voices.Catalogue;
using Lectern.Voices.Contracts;
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
        services.AddSingleton(provider =>
        {
            var settings = provider.GetRequiredService<IOptions<VoicesSettings>>().Value;
            return new LocalEngineOptions { FlitePath = settings.FlitePath, EspeakNgPath = settings.EspeakNgPath };
        });
        services.AddSingleton<ISpeechEngine, FliteEngine>();
        services.AddSingleton<ISpeechEngine, EspeakNgEngine>();
        services.AddSingleton<VoiceCatalogue>();
        services.AddSingleton<VoicePreviews>();
        services.AddHealthChecks().AddCheck<EnginesHealth>("engines");
        services.AddHostedService(provider => provider.GetRequiredService<VoiceCatalogue>());
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        // The catalogue is what the engines say, so nothing of it is stored.
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        VoicesEndpoint.Map(api);
        PreviewVoiceEndpoint.Map(api);
    }
}
