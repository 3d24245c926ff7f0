using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;

namespace Lectern.Accounts.Privacy;

/// <summary>An erasure that has begun comes to its end within a day.</summary>
internal sealed class ErasuresCheck(EventStore store) : IAuditCheck
{
    /// <inheritdoc/>
    public string Name => "accounts.erasures_come_to_their_end";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        return await session.QueryAsync(
            """
            select id, erasing_at from accounts.people
            where erased_at is null and erasing_at < now() - interval '1 day' order by erasing_at
            """,
            row => $"{AccountIds.Person(row.GetGuid(0))} is being erased since {row.GetDateTime(1):u}",
            cancel
        );
    }
}
