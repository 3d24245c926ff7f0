using System.Reflection;
using Lectern.SharedKernel.Http;

namespace Lectern.Host.Http;

/// <summary>The addresses that tell what this is.</summary>
internal static class ApiRoot
{
    /// <summary>Name and version of the program.</summary>
    public static VersionInfo Version { get; } = VersionInfo.OfProgram();

    /// <summary>Maps <c>/</c> and <c>/version</c>.</summary>
    public static void MapApiRoot(this IEndpointRouteBuilder routes)
    {
        var links = new ApiLinks(
            "/api/v1",
            "/openapi/v1.json",
            "/docs",
            "/redoc",
            "/health/ready",
            "/version",
            "/metrics"
        );
        var metadata = new ApiMetadata(
            "Lectern",
            Version.Version,
            "Turns text into audiobooks and other media.",
            links
        );
        routes
            .MapGet("/", () => metadata)
            .WithTags("about")
            .WithSummary("What this API is and where its parts are")
            .AllowAnonymous()
            .WithExample(response: metadata);
        routes
            .MapGet("/version", () => Version)
            .WithTags("about")
            .WithSummary("The version that runs")
            .AllowAnonymous()
            .WithExample(response: Version);
    }
}

/// <summary>What <c>/</c> answers.</summary>
internal sealed record ApiMetadata(string Name, string Version, string Description, ApiLinks Links);

/// <summary>Paths from the root of the API.</summary>
internal sealed record ApiLinks(
    string Api,
    string OpenApi,
    string Docs,
    string Redoc,
    string Health,
    string Version,
    string Metrics
);

/// <summary>What <c>/version</c> answers.</summary>
/// <param name="Version">Semantic version.</param>
/// <param name="Commit">The commit that it was built from, if the build knew.</param>
/// <param name="Runtime">The .NET version.</param>
internal sealed record VersionInfo(string Version, string? Commit, string Runtime)
{
    internal static VersionInfo OfProgram()
    {
        var full = typeof(VersionInfo)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion;
        var parts = full.Split('+', 2);
        return new VersionInfo(parts[0], parts.Length > 1 ? parts[1] : null, Environment.Version.ToString());
    }
}
