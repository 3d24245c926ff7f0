using Lectern.Voices.Contracts;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lectern.Voices.Catalogue;

/// <summary>
/// Whether anything can be spoken: without an engine the host answers, but makes nothing. A program that is not installed
/// and a service without a key are how this host was set up; they are told, and are no fault.
/// </summary>
internal sealed class EnginesHealth(VoiceCatalogue catalogue) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        var engines = catalogue.SpeechEngines.ToList();
        var figures = engines
            .GroupBy(engine => engine.Name)
            .ToDictionary(
                engine => engine.Key,
                object (engine) =>
                    engine.First().Unavailable ?? $"available, {engine.First().Found.Voices.Count} voices"
            );
        var absent = engines.Where(engine => engine.Unavailable is not null).Select(engine => engine.Name).ToList();
        return Task.FromResult(
            absent.Count == 0 ? HealthCheckResult.Healthy(data: figures)
            : absent.Count < engines.Count
                ? HealthCheckResult.Healthy($"Not available: {string.Join(", ", absent)}.", figures)
            : HealthCheckResult.Degraded("No engine that speaks is available.", data: figures)
        );
    }
}
