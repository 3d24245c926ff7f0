using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Microsoft.Extensions.Logging;

namespace Lectern.Voices.Characters;

/// <summary>
/// Deletes files that no row names: of a request that was killed before it committed, and previews of a character that
/// went while they were spoken. A request takes minutes at most, so a day's grace is safe.
/// </summary>
internal sealed partial class CharacterFileSweep(
    EventStore store,
    IBlobStore blobs,
    TimeProvider time,
    ILogger<CharacterFileSweep> log
) : PeriodicWork(Every, time, log)
{
    internal static readonly TimeSpan Grace = TimeSpan.FromDays(1);
    private static readonly TimeSpan Every = TimeSpan.FromHours(6);

    /// <summary>A preview is named by its character, whose id is the folder that it is in.</summary>
    private const string Named = $"""
        select file from unnest($1::text[]) file
        where exists (select from voices.samples s where s.blob = file)
           or exists (select from voices.character_images i where file in (i.blob, i.thumbnail))
           or (split_part(file, '/', 4) like '{CharacterFiles.Preview}%'
               and exists (select from voices.characters c where c.id = split_part(file, '/', 3)::uuid))
        """;

    protected override async Task DoAsync(CancellationToken stop) => LogSwept(log, await SweepAsync(stop));

    /// <summary>One sweep; answers how many files it deleted.</summary>
    internal async Task<int> SweepAsync(CancellationToken stop)
    {
        var deleted = 0;
        var before = Time.GetUtcNow() - Grace;
        await using var session = store.OpenSystemSession();
        await foreach (
            var files in blobs.ListAsync(CharacterFiles.Root, before, stop).Chunk(1000).WithCancellation(stop)
        )
        {
            var named = await session.QueryAsync(Named, row => row.GetString(0), stop, [files]);
            foreach (var orphan in files.Except(named))
            {
                await blobs.DeleteAsync(orphan, stop);
                deleted++;
            }
        }

        return deleted;
    }

    [LoggerMessage(LogLevel.Information, "Swept up {Files} files of characters that no row names.")]
    private static partial void LogSwept(ILogger log, int files);
}
