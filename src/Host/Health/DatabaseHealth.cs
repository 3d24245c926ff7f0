using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lectern.Host.Health;

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
            // A server that is frozen takes no cancellation either, and a driver that is told to stop waits for that.
            await AskAsync(cancellationToken).WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception)
            when (exception is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("The database does not answer.");
        }
    }

    private async Task AskAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select 1");
        await command.ExecuteScalarAsync(cancel);
    }
}
