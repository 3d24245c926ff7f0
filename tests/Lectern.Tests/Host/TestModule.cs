using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Host;

/// <summary>A module made of endpoints.</summary>
internal sealed class TestModule(Action<IEndpointRouteBuilder> map) : IModule
{
    public string Name => "test";

    public IReadOnlyList<ProblemType> Problems => [];

    public void AddServices(IServiceCollection services, IConfiguration configuration) { }

    public void AddEventing(EventingBuilder eventing) { }

    public void MapEndpoints(IEndpointRouteBuilder api) => map(api);
}
