using Lectern.Host.Settings;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Lectern.Host.Health;

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
            var least = settings.Value.MinimumFreeMegabytes;
            var figures = new Dictionary<string, object> { ["freeMegabytes"] = free, ["minimumFreeMegabytes"] = least };
            return free < least ? HealthCheckResult.Unhealthy("There is less free space than is wanted.", data: figures)
                // As much again, so that somebody has time to do something about it.
                : free < 2 * least
                    ? HealthCheckResult.Degraded("There is soon less free space than is wanted.", data: figures)
                : HealthCheckResult.Healthy(data: figures);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The files' folder can't be written.");
        }
    }
}
