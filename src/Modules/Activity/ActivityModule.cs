using Lectern.Activity.Live;
using Lectern.Activity.Webhooks;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Activity;

/// <summary>Who is told: feed, analytics, live updates, webhooks, mail.</summary>
public sealed class ActivityModule : IModule
{
    private int _webhookParallelism = new WebhookSettings().Parallelism;

    /// <inheritdoc/>
    public string Name => "activity";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => ActivityProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddWebhooks(configuration);
        _webhookParallelism = configuration.GetValue("Lectern:Webhooks:Parallelism", _webhookParallelism);
        services.AddSettings<LiveSettings>(configuration, "Live");
        services.AddSingleton<LiveConnections>();
        services.AddSingleton<LiveProgress>();
        services.AddSingleton<LiveFollowing>();
        services.AddSingleton<LiveEndpoints>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveConnections>());
        services.AddHostedService(provider => provider.GetRequiredService<LiveProgress>());
        services.AddHostedService<LiveStandings>();
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(ActivityModule).Assembly);
        WebhooksRegistration.Register(eventing, _webhookParallelism);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        LiveEndpoints.Map(api);
        WebhooksRegistration.Map(api);
    }

    /// <inheritdoc/>
    public void MapRootEndpoints(IEndpointRouteBuilder root) => LiveEndpoints.MapSockets(root);
}
