using Lectern.Activity.Analytics;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Activity;

/// <summary>Who is told: feed, analytics, live updates, webhooks, mail.</summary>
public sealed class ActivityModule : IModule
{
    /// <inheritdoc/>
    public string Name => "activity";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => ActivityProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration) { }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(ActivityModule).Assembly);
        eventing.Project(new UsageProjection());
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api) => AnalyticsEndpoints.Map(api);
}
