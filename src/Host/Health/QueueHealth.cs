using Lectern.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lectern.Host.Health;

/// <summary>Whether work is done: messages that are due are not left lying, and none was given up.</summary>
internal sealed class QueueHealth(QueueOperations queue) : IHealthCheck
{
    /// <summary>A full house makes work wait for minutes; after so long nobody seems to take it.</summary>
    internal static readonly TimeSpan TooOld = TimeSpan.FromMinutes(15);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return Judge(await queue.StatusAsync(cancellationToken).WaitAsync(cancellationToken));
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            return HealthCheckResult.Degraded("The queue can't be read.");
        }
    }

    internal static HealthCheckResult Judge(IReadOnlyList<LaneStatus> lanes)
    {
        var late = lanes.Where(lane => lane.OldestReady > TooOld).Select(lane => lane.Lane).ToList();
        var dead = lanes.Where(lane => lane.DeadLetters > 0).Select(lane => lane.Lane).ToList();
        var reasons = new List<string>();
        if (late.Count > 0)
            reasons.Add($"Messages wait for too long in {string.Join(", ", late)}.");
        if (dead.Count > 0)
            reasons.Add($"There are dead letters of {string.Join(", ", dead)}: see 'lectern queue dead'.");
        var figures = lanes.ToDictionary(
            lane => lane.Lane,
            object (lane) =>
                new
                {
                    ready = lane.Ready,
                    atWork = lane.Leased,
                    oldestReadySeconds = Math.Round(lane.OldestReady.TotalSeconds, 1),
                    deadLetters = lane.DeadLetters,
                }
        );
        return reasons.Count == 0
            ? HealthCheckResult.Healthy(data: figures)
            : HealthCheckResult.Degraded(string.Join(' ', reasons), data: figures);
    }
}
