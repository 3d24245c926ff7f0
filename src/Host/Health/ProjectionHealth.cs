using Lectern.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lectern.Host.Health;

/// <summary>
/// Whether the views that follow the log do. While others write, one is hardly ever at the head, so that says nothing:
/// what counts is how long the oldest event that it has not seen has been in the log, and whether it has moved since the
/// last look. One that is behind needs an operator; requests are answered all the same.
/// </summary>
internal sealed class ProjectionHealth(EventStore store, TimeProvider time) : IHealthCheck
{
    /// <summary>A healthy one takes milliseconds; a transaction of ours may hold it up for ten seconds.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // Where each was at the last look, and since when it has been there.
    private readonly Dictionary<string, (long Position, long Since)> _seen = new(StringComparer.Ordinal);
    private readonly Lock _looking = new();

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return Judge(await ProjectionLag.ReadAsync(store, cancellationToken).WaitAsync(cancellationToken));
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            return HealthCheckResult.Degraded("The projections' positions can't be read.");
        }
    }

    internal HealthCheckResult Judge(IReadOnlyList<ProjectionLag> all)
    {
        List<string> faults = [];
        lock (_looking)
        {
            foreach (var projection in all)
                if (FaultOf(projection) is { } fault)
                    faults.Add($"{projection.Name} {fault}");
        }

        var figures = all.ToDictionary(
            projection => projection.Name,
            object (projection) =>
                new
                {
                    eventsBehind = projection.Events,
                    secondsBehind = Math.Round(projection.Age.TotalSeconds, 1),
                    stopped = projection.IsStopped,
                }
        );
        return faults.Count == 0
            ? HealthCheckResult.Healthy(data: figures)
            : HealthCheckResult.Degraded(
                $"{string.Join(", ", faults)}: see 'lectern projections list'.",
                data: figures
            );
    }

    private string? FaultOf(ProjectionLag projection)
    {
        var now = time.GetTimestamp();
        if (!_seen.TryGetValue(projection.Name, out var seen) || seen.Position != projection.Position)
            _seen[projection.Name] = seen = (projection.Position, now);
        if (projection.IsStopped)
            return "has stopped";
        if (projection.Age < Patience)
            return null;
        return time.GetElapsedTime(seen.Since, now) < Patience ? "is behind" : "does not move";
    }
}
