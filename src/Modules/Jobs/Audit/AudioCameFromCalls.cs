using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;

namespace Lectern.Jobs.Audit;

/// <summary>Every piece of audio came from a call of a provider that succeeded, so none was got past the books.</summary>
internal sealed class AudioCameFromCalls(EventStore store) : IAuditCheck
{
    private const int PageSize = 1000;

    public string Name => "jobs.audio_came_from_calls";

    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        var breaches = new List<string>();
        var (workspace, hash) = (Guid.Empty, "");
        while (true)
        {
            // Audio and outcome commit together and outcomes stay, so a look at the one and then at the other is enough.
            var page = await session.QueryAsync(
                """
                select workspace_id, hash, call_id from jobs.audio
                where (workspace_id, hash) > ($1, $2) order by workspace_id, hash limit $3
                """,
                row =>
                    (
                        Workspace: row.GetGuid(0),
                        Hash: row.GetString(1),
                        Call: row.IsDBNull(2) ? (Guid?)null : row.GetGuid(2) // of before calls were recorded
                    ),
                cancel,
                workspace,
                hash,
                PageSize
            );
            var calls = page.Where(audio => audio.Call is not null).Select(audio => audio.Call!.Value).ToArray();
            breaches.AddRange(
                (await RecordedCalls.NotSucceededAsync(session, calls, cancel)).Select(call =>
                    $"there is audio from provider call {call}, which has no success on record"
                )
            );
            if (page.Count < PageSize)
                return breaches;
            (workspace, hash) = (page[^1].Workspace, page[^1].Hash);
        }
    }
}
