using Lectern.Host.Health;
using Lectern.Tests.Eventing;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lectern.Tests.Host.Health;

/// <summary>A server that holds its connections and says nothing any more, as a machine does that is frozen.</summary>
public sealed class FrozenDatabaseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_check_ends_when_its_time_is_over_though_the_driver_waits_on()
    {
        var cluster = await PostgresCluster.SharedAsync();
        using var proxy = new CuttingProxy(cluster.ConnectionString("postgres"));
        // Zero has the driver wait for ever for the end of what it has cancelled.
        await using var database = NpgsqlDataSource.Create($"{proxy.ConnectionString};Cancellation Timeout=0");
        var health = new DatabaseHealth(database);
        (await CheckAsync(TimeSpan.FromSeconds(30))).Status.ShouldBe(HealthStatus.Healthy);
        var thaw = new TaskCompletionSource();

        proxy.CutNextAnswer(() => thaw.Task);
        var frozen = await CheckAsync(TimeSpan.FromMilliseconds(200)).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        thaw.SetResult();

        frozen.Status.ShouldBe(HealthStatus.Unhealthy);
        frozen.Description.ShouldBe("The database does not answer.");

        async Task<HealthCheckResult> CheckAsync(TimeSpan patience)
        {
            using var deadline = new CancellationTokenSource(patience);
            return await health.CheckHealthAsync(new HealthCheckContext(), deadline.Token);
        }
    }
}
