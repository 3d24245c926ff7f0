using System.Text.Json.Serialization;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lectern.Host.Health;

/// <summary>The state of the whole: <c>live</c>, <c>ready</c>, <c>degraded</c> or <c>unavailable</c>.</summary>
internal sealed record HealthReportBody(string Status, IReadOnlyList<HealthCheckBody> Checks);

/// <summary>One part: <c>healthy</c>, <c>degraded</c> or <c>unhealthy</c>, and why.</summary>
/// <param name="Name">Which.</param>
/// <param name="Status">How it is.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Milliseconds">How long it took to find out.</param>
/// <param name="Details">The figures; for administrators of the platform only.</param>
internal sealed record HealthCheckBody(
    string Name,
    string Status,
    string? Reason,
    double Milliseconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyDictionary<string, object>? Details = null
);

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it can do its work; every registered check counts,
/// those of the modules too (<c>services.AddHealthChecks().AddCheck…</c>). A part is unhealthy only if nothing can be
/// served without it, for a load balancer then sends nobody; what makes things slow or needs an operator is degraded.
/// Anyone may ask, so a reason tells no path, no figure of the machine and nothing of a text; the figures are in
/// <c>/admin/health</c>.
/// </summary>
internal static class HealthEndpoints
{
    /// <summary>The check of <c>/health/auth</c>; Accounts registers it.</summary>
    private const string Authentication = "authentication";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Registers the host's own checks.</summary>
    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<ProjectionHealth>(); // it remembers where it saw them last
        services.AddSingleton<HealthReports>();
        services
            .AddHealthChecks()
            .AddCheck<DatabaseHealth>("database", timeout: Patience)
            .AddCheck<StorageHealth>("storage", timeout: Patience)
            .AddCheck<ProjectionHealth>("projections", timeout: Patience)
            .AddCheck<QueueHealth>("queue", timeout: Patience)
            .AddCheck<ProcessorHealth>("processor", timeout: Patience)
            .AddCheck<MemoryHealth>("memory", timeout: Patience);
    }

    /// <summary>Maps them.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/health/live", () => new HealthReportBody("live", []))
            .WithTags("about")
            .WithSummary("Whether the process answers")
            .AllowAnonymous()
            .NotLimited()
            .WithExample(response: new HealthReportBody("live", []));
        routes
            .MapGet(
                "/health/ready",
                async (HealthReports reports, CancellationToken cancel) =>
                    Answer(await reports.ReadAsync(cancel), withDetails: false)
            )
            .WithTags("about")
            .WithSummary("Whether the host can do its work, part by part")
            .AllowAnonymous()
            .NotLimited()
            .Produces<HealthReportBody>()
            .Produces<HealthReportBody>(StatusCodes.Status503ServiceUnavailable)
            .WithExample(
                response: new HealthReportBody("ready", [new HealthCheckBody("database", "healthy", null, 0.8)])
            );
        routes
            .MapGet(
                "/health/auth",
                async (HealthCheckService checks, CancellationToken cancel) =>
                    Answer(
                        await checks.CheckHealthAsync(check => check.Name == Authentication, cancel),
                        withDetails: false
                    )
            )
            .WithTags("about")
            .WithSummary("Whether people can be signed in and their tokens checked")
            .AllowAnonymous()
            .NotLimited()
            .Produces<HealthReportBody>()
            .Produces<HealthReportBody>(StatusCodes.Status503ServiceUnavailable)
            .WithExample(
                response: new HealthReportBody("ready", [new HealthCheckBody(Authentication, "healthy", null, 0.4)])
            );
        routes
            .MapGet(
                "/api/v1/admin/health",
                async (HealthReports reports, CancellationToken cancel) =>
                    Answer(await reports.ReadAsync(cancel), withDetails: true)
            )
            .WithTags("admin")
            .WithSummary("Whether the host can do its work, with the figures")
            .ForPlatformAdmins()
            .Produces<HealthReportBody>()
            .Produces<HealthReportBody>(StatusCodes.Status503ServiceUnavailable)
            .WithExample(
                response: new HealthReportBody(
                    "ready",
                    [
                        new HealthCheckBody(
                            "storage",
                            "healthy",
                            null,
                            0.3,
                            new Dictionary<string, object> { ["freeMegabytes"] = 51_200 }
                        ),
                    ]
                )
            );
    }

    private static IResult Answer(HealthReport report, bool withDetails)
    {
        var status = report.Status switch
        {
            HealthStatus.Healthy => "ready",
            HealthStatus.Degraded => "degraded",
            _ => "unavailable",
        };
        var parts = report.Entries.Select(entry => new HealthCheckBody(
            entry.Key,
            entry.Value.Status.ToString().ToLowerInvariant(),
            // An exception's text may tell about the inside; the log has it.
            entry.Value.Exception
                is null
                ? entry.Value.Description
                : "The check failed.",
            Math.Round(entry.Value.Duration.TotalMilliseconds, 1),
            withDetails ? entry.Value.Data : null
        ));
        return Results.Json(
            new HealthReportBody(status, [.. parts]),
            statusCode: report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : null
        );
    }
}
