using Lectern.Eventing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.SharedKernel;

/// <summary>What Host needs of a module. The list of modules stands in Host's Modules.cs.</summary>
public interface IModule
{
    /// <summary>Lower-case name: the module's schema, and the prefix of its stored names.</summary>
    string Name { get; }

    /// <summary>Every kind of problem that the module answers with.</summary>
    IReadOnlyList<ProblemType> Problems { get; }

    /// <summary>Registers services and binds settings.</summary>
    void AddServices(IServiceCollection services, IConfiguration configuration);

    /// <summary>Names the module's events, streams, projections and message handlers, and its schema files.</summary>
    void AddEventing(EventingBuilder eventing);

    /// <summary>Maps the module's endpoints under <c>/api/v1</c>.</summary>
    void MapEndpoints(IEndpointRouteBuilder api);

    /// <summary>Maps what must stand outside <c>/api/v1</c>, such as well-known addresses; most modules have nothing there.</summary>
    void MapRootEndpoints(IEndpointRouteBuilder root) { }
}
