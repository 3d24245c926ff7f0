using Lectern.Activity.Webhooks;
using Lectern.Eventing;
using Lectern.SharedKernel;
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
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(ActivityModule).Assembly);
        WebhooksRegistration.Register(eventing, _webhookParallelism);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api) => WebhooksRegistration.Map(api);
}
