using Lectern.Voices.Contracts;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lectern.Voices.Catalogue;

/// <summary>Whether anything can be spoken: without an engine the host answers, but makes nothing.</summary>
internal sealed class EnginesHealth(VoiceCatalogue catalogue) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        var engines = catalogue.SpeechEngines.Where(engine => !engine.Engine.Limits.IsRemote).ToList();
        var absent = engines.Where(engine => engine.Unavailable is not null).ToList();
        var reasons = string.Join(" ", absent.Select(engine => engine.Unavailable));
        return Task.FromResult(
            absent.Count == 0 ? HealthCheckResult.Healthy()
            : absent.Count < engines.Count || catalogue.Voices.Any(voice => voice.Unavailable is null)
                ? HealthCheckResult.Healthy(reasons)
            : HealthCheckResult.Degraded(reasons)
        );
    }
}
