using Lectern.Accounts.Vault;
using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.Contracts;

/// <summary>What a re-wrap did.</summary>
/// <param name="Generation">The generation of the wrapping key that everything is under now.</param>
/// <param name="Rewrapped">How many data keys were brought there by this run.</param>
/// <param name="IsResumed">Whether it went on with one that had been broken off.</param>
public sealed record VaultRewrapped(int Generation, int Rewrapped, bool IsResumed);

/// <summary>
/// Brings every workspace's data key under a wrapping key of a new generation, while the vault is in use: each key is
/// replaced in one statement and readable before and after it. What was sealed with the data keys stays as it is.
/// </summary>
public sealed class VaultRewrap
{
    private const int PageSize = 100;

    private readonly EventStore _store;
    private readonly DataKeys _keys;

    internal VaultRewrap(EventStore store, DataKeys keys)
    {
        _store = store;
        _keys = keys;
    }

    /// <summary>
    /// Finishes a re-wrap that was broken off; without one it begins the next generation. Broken off at any point it
    /// leaves nothing unreadable, and can be run again.
    /// </summary>
    /// <param name="cancel">Breaks it off.</param>
    /// <param name="progress">Is told how many are done, after each page that was committed.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A data key can't be opened with this master key.</exception>
    public Task<VaultRewrapped> RunAsync(CancellationToken cancel, Action<int>? progress = null) =>
        RunAsync(PageSize, progress, cancel);

    internal async Task<VaultRewrapped> RunAsync(int pageSize, Action<int>? progress, CancellationToken cancel)
    {
        await using var reading = Session();
        var generation = await DataKeys.CurrentGenerationAsync(reading, cancel);
        var isResumed = (await OlderAsync(reading, generation, 1, cancel)).Count > 0;
        if (!isResumed)
            await BeginAsync(++generation, cancel);

        var done = 0;
        while (await OlderAsync(reading, generation, pageSize, cancel) is { Count: > 0 } page)
        {
            await using var session = Session();
            foreach (var key in page)
                session.Execute(
                    "update accounts.data_keys set generation = $3, wrapped = $4 where id = $1 and generation = $2",
                    key.Id,
                    key.Generation,
                    generation,
                    _keys.Rewrap(key, generation).Wrapped
                );
            await session.SaveChangesAsync(cancel);
            done += page.Count;
            progress?.Invoke(done);
        }

        await FinishAsync(generation, done, cancel);
        return new VaultRewrapped(generation, done, isResumed);
    }

    // Two that begin at once want the same number, and the second is refused by the key; it can be run again.
    private async Task BeginAsync(int generation, CancellationToken cancel)
    {
        await using var session = Session();
        session.Execute("insert into accounts.vault_generations (generation) values ($1)", generation);
        await session.SaveChangesAsync(cancel);
    }

    private async Task FinishAsync(int generation, int done, CancellationToken cancel)
    {
        await using var session = Session();
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "vault.rewrapped",
            detail: new() { ["generation"] = generation, ["keys"] = done }
        );
        await session.SaveChangesAsync(cancel);
    }

    private static async Task<List<DataKey>> OlderAsync(
        Session session,
        int generation,
        int limit,
        CancellationToken cancel
    ) =>
        await session.QueryAsync(
            """
            select id, workspace_id, generation, wrapped from accounts.data_keys where generation < $1
            order by generation, id limit $2
            """,
            row => new DataKey(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2), row.GetFieldValue<byte[]>(3)),
            cancel,
            generation,
            limit
        );

    private Session Session() => _store.OpenSystemSession();
}
