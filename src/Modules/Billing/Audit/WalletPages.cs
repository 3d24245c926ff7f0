using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Billing.Audit;

/// <summary>Walks over all wallets, some at a time, so that no statement of an audit grows with their number.</summary>
internal static class WalletPages
{
    private const int Size = 200;

    public static async Task<IReadOnlyList<string>> CollectAsync(
        EventStore store,
        Func<Session, Guid[], Task<IEnumerable<string>>> breachesOf,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSystemSession();
        var breaches = new List<string>();
        var last = Guid.Empty;
        while (true)
        {
            var wallets = await session.QueryAsync(
                "select id from billing.wallets where id > $1 order by id limit $2",
                row => row.GetGuid(0),
                cancel,
                last,
                Size
            );
            if (wallets.Count == 0)
                return breaches;
            breaches.AddRange(await breachesOf(session, [.. wallets]));
            last = wallets[^1];
        }
    }
}
