using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.Local;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Settings;
using Lectern.Voices.Catalogue;
using Lectern.Voices.Contracts;
using Lectern.Voices.Engines;
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
        services.AddSingleton<VendorHttp>();
        services.AddSingleton<AudioAnswer>();
        services.AddSingleton(provider =>
            KnownEngines.Of(
                provider.GetRequiredService<LocalEngineOptions>(),
                provider.GetRequiredService<ProviderSettings>(),
                provider.GetRequiredService<VendorHttp>(),
                provider.GetRequiredService<AudioAnswer>(),
                provider.GetRequiredService<TimeProvider>()
            )
        );
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ProviderSettings>>().Value);
        services.AddSingleton<ProviderAccounts>();
        services.AddSingleton<ProviderPlaces>();
        services.AddSingleton<Inspections>();
        services.AddSingleton(provider => new EngineCalls(
            provider.GetRequiredService<ProviderAccounts>(),
            provider.GetRequiredService<ProviderPlaces>(),
            provider.GetRequiredService<RecordedCalls>(),
            provider.GetRequiredService<IOptions<VoicesSettings>>()
        ));
        services.AddSingleton(provider => new VoiceCatalogue(
            provider.GetRequiredService<EngineSet>(),
            provider.GetRequiredService<Inspections>(),
            provider.GetRequiredService<ProviderAccounts>()
        ));
        services.AddSingleton<VoicePreviews>();
        services.AddHealthChecks().AddCheck<EnginesHealth>("engines");
        services.AddHostedService<CatalogueRefresh>();
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(VoicesModule).Assembly);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        VoicesEndpoint.Map(api);
        ModelsEndpoint.Map(api);
        PreviewVoiceEndpoint.Map(api);
    }
}
