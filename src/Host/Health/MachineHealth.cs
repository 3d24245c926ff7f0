using Lectern.Host.Telemetry;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lectern.Host.Health;

/// <summary>Whether the processors have more to do than they can: then everything is slow, and nothing is wrong.</summary>
internal sealed class ProcessorHealth : IHealthCheck
{
    // Speech keeps every processor busy by design; four times as much is what others take.
    private const double TooMuch = 4;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Judge(MachineGauges.Now()));

    internal static HealthCheckResult Judge(MachineState now)
    {
        var figures = new Dictionary<string, object> { ["processors"] = now.Processors };
        if (now.Load is { } load)
            figures["load"] = load;
        return now.Load > TooMuch * now.Processors
            ? HealthCheckResult.Degraded("Far more programs want to run than there are processors.", data: figures)
            : HealthCheckResult.Healthy(data: figures);
    }
}

/// <summary>Whether there is memory left of what the container, or else the machine, has.</summary>
internal sealed class MemoryHealth : IHealthCheck
{
    private const double TooFull = 0.95;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Judge(MachineGauges.Now()));

    internal static HealthCheckResult Judge(MachineState now)
    {
        var figures = new Dictionary<string, object>
        {
            ["limitMegabytes"] = now.MemoryLimit / 1024 / 1024,
            ["usedMegabytes"] = now.MemoryUsed / 1024 / 1024,
        };
        return now.MemoryUsed > TooFull * now.MemoryLimit
            ? HealthCheckResult.Degraded("Nearly all memory is in use.", data: figures)
            : HealthCheckResult.Healthy(data: figures);
    }
}
