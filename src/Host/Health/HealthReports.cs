using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lectern.Host.Health;

/// <summary>
/// What all checks say together. Anyone may ask, and looking costs the database some queries: one look at a time, and
/// one a second, serves all who ask.
/// </summary>
internal sealed class HealthReports(HealthCheckService checks, TimeProvider time)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(1);

    private readonly Lock _starting = new();
    private Task<HealthReport>? _look;
    private long _since;

    /// <summary>A report that was begun a second ago at most, or that is being made.</summary>
    public Task<HealthReport> ReadAsync(CancellationToken cancel)
    {
        lock (_starting)
        {
            if (_look is null || (_look.IsCompleted && time.GetElapsedTime(_since) >= FreshFor))
            {
                _since = time.GetTimestamp();
                _look = Task.Run(() => checks.CheckHealthAsync(CancellationToken.None), CancellationToken.None);
            }

            return _look.WaitAsync(cancel);
        }
    }
}
