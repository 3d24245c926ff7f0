using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.Library.Projects;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Library;

/// <summary>What work is kept in: projects.</summary>
public sealed class LibraryModule : IModule
{
    /// <inheritdoc/>
    public string Name => "library";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => LibraryProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IErasePart, ProjectsErasure>();
        services.AddSingleton<IExportPart, ProjectsExport>();
        services.AddSingleton(
            new NameSource(ProjectDirectory.Prefix, "select id, name from library.projects where id = any($1)")
        );
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(LibraryModule).Assembly);
        eventing.Event("library.project_created.v1", LibraryJson.Default.ProjectCreated);
        eventing.Event("library.project_changed.v1", LibraryJson.Default.ProjectChanged);
        eventing.Event("library.project_deleted.v1", LibraryJson.Default.ProjectDeleted);
        eventing.Stream("project", Project.Initial, Project.Evolve, LibraryJson.Default.Project);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        CreateProjectEndpoint.Map(api);
        ShowProjectsEndpoints.Map(api);
        ChangeProjectEndpoints.Map(api);
    }
}
