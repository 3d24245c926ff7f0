using Lectern.Eventing;
using Lectern.Host.Settings;
using Lectern.SharedKernel.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lectern.Host.Http;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it can do its work; every registered check counts,
/// those of the modules too (<c>services.AddHealthChecks().AddCheck…</c>).
/// </summary>
internal static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Registers the host's own checks.</summary>
    public static void AddHealth(this IServiceCollection services) =>
        services
            .AddHealthChecks()
            .AddCheck<DatabaseHealth>("database", timeout: Patience)
            .AddCheck<StorageHealth>("storage", timeout: Patience)
            .AddCheck<ProjectionHealth>("projections", timeout: Patience);

    /// <summary>Maps both addresses.</summary>
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
            .MapGet("/health/ready", ReadyAsync)
            .WithTags("about")
            .WithSummary("Whether the host can do its work, part by part")
            .AllowAnonymous()
            .NotLimited()
            .Produces<HealthReportBody>()
            .Produces<HealthReportBody>(StatusCodes.Status503ServiceUnavailable)
            .WithExample(
                response: new HealthReportBody("ready", [new HealthCheckBody("database", "healthy", null, 0.8)])
            );
    }

    private static async Task<IResult> ReadyAsync(HealthCheckService checks, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(cancellationToken);
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
            Math.Round(entry.Value.Duration.TotalMilliseconds, 1)
        ));
        return Results.Json(
            new HealthReportBody(status, [.. parts]),
            statusCode: report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : null
        );
    }
}

/// <summary>The state of the whole: <c>live</c>, <c>ready</c>, <c>degraded</c> or <c>unavailable</c>.</summary>
internal sealed record HealthReportBody(string Status, IReadOnlyList<HealthCheckBody> Checks);

/// <summary>One part: <c>healthy</c>, <c>degraded</c> or <c>unhealthy</c>, and why.</summary>
internal sealed record HealthCheckBody(string Name, string Status, string? Reason, double Milliseconds);

/// <summary>Whether the database answers.</summary>
internal sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var command = database.CreateCommand("select 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception)
            when (exception is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("The database does not answer.");
        }
    }
}

/// <summary>Whether the views that follow the log do: a stopped one needs an operator, but requests are still answered.</summary>
internal sealed class ProjectionHealth(ProjectionRebuild projections) : IHealthCheck
{
    /// <summary>Far more than the daemon reads at once; it is behind the true head, or dead.</summary>
    private const long TooFarBehind = 100_000;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var all = await projections.ListAsync(cancellationToken);
            var bad = all.Where(p => p.Error is not null || (!p.Inline && p.Head - p.Position > TooFarBehind)).ToList();
            return bad.Count == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded(
                    $"{string.Join(", ", bad.Select(p => p.Error is null ? $"{p.Name} is behind" : $"{p.Name} has stopped"))}: see 'lectern projections list'."
                );
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            return HealthCheckResult.Degraded("The projections' positions can't be read.");
        }
    }
}

/// <summary>Whether results can be stored.</summary>
internal sealed class StorageHealth(IOptions<DataSettings> settings) : IHealthCheck
{
    private const long Megabyte = 1024 * 1024;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        var folder = settings.Value.BlobFolder;
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
            using (File.Create(probe, bufferSize: 1, FileOptions.DeleteOnClose)) { }
            var free = new DriveInfo(folder).AvailableFreeSpace / Megabyte;
            return free >= settings.Value.MinimumFreeMegabytes
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy(
                    $"Only {free} MB are free; {settings.Value.MinimumFreeMegabytes} MB are wanted."
                );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The blob folder can't be written.");
        }
    }
}
