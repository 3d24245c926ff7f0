using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Microsoft.Extensions.Logging;

namespace Lectern.Jobs.Ending;

/// <summary>
/// Deletes files that no row names: written by a step that was killed before it committed. A step takes minutes, so a
/// day's grace is safe.
/// </summary>
internal sealed partial class FileSweep(EventStore store, IBlobStore blobs, TimeProvider time, ILogger<FileSweep> log)
    : PeriodicWork(Every, time, log)
{
    internal static readonly TimeSpan Grace = TimeSpan.FromDays(1);
    private static readonly TimeSpan Every = TimeSpan.FromHours(6);

    private const string Named = """
        select blob from jobs.audio where blob = any($1) union all select blob from jobs.encodings where blob = any($1)
        union all select blob from jobs.artifacts where blob = any($1)
        """;

    protected override async Task DoAsync(CancellationToken stop) => LogSwept(log, await SweepAsync(stop));

    /// <summary>One sweep; answers how many files it deleted.</summary>
    internal async Task<int> SweepAsync(CancellationToken stop)
    {
        var deleted = 0;
        var before = Time.GetUtcNow() - Grace;
        await using var session = store.OpenSystemSession();
        foreach (var prefix in WorkspaceFiles.Kinds)
        {
            await foreach (var files in blobs.ListAsync(prefix, before, stop).Chunk(1000).WithCancellation(stop))
            {
                var named = await session.QueryAsync(Named, row => row.GetString(0), stop, files);
                foreach (var orphan in files.Except(named))
                {
                    await blobs.DeleteAsync(orphan, stop);
                    deleted++;
                }
            }
        }

        return deleted;
    }

    [LoggerMessage(LogLevel.Information, "Swept up {Files} files that no row names.")]
    private static partial void LogSwept(ILogger log, int files);
}
