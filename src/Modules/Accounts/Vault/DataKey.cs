using System.Globalization;
using System.Security.Cryptography;
using Lectern.Eventing;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Accounts.Vault;

/// <summary>A workspace's data key as it is stored: sealed with the wrapping key of its generation.</summary>
/// <param name="Id">The key's id; a workspace that destroyed its key gets one with another id.</param>
/// <param name="Workspace">Whose secrets are sealed with it.</param>
/// <param name="Generation">Of the wrapping key.</param>
/// <param name="Wrapped">The sealed key.</param>
internal sealed record DataKey(Guid Id, Guid Workspace, int Generation, byte[] Wrapped);

/// <summary>
/// Makes, opens and re-wraps data keys. The wrapping keys are derived from the master key, so the database alone opens
/// nothing.
/// </summary>
internal sealed class DataKeys(MasterKey master)
{
    /// <summary>A new key for a workspace.</summary>
    public DataKey New(Guid id, Guid workspace, int generation)
    {
        var key = RandomNumberGenerator.GetBytes(Envelope.KeyLength);
        try
        {
            return Wrap(id, workspace, generation, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The key itself; clear it after use.</summary>
    /// <exception cref="CryptographicException">It was changed, or wrapped under another master key.</exception>
    public byte[] Open(DataKey key) => Envelope.Open(WrappingKey(key.Generation), key.Wrapped, About(key));

    /// <summary>The same key under the wrapping key of another generation.</summary>
    public DataKey Rewrap(DataKey key, int generation)
    {
        var open = Open(key);
        try
        {
            return Wrap(key.Id, key.Workspace, generation, open);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(open);
        }
    }

    /// <summary>The generation in which new keys are wrapped.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<int> CurrentGenerationAsync(Session session, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select max(generation) from accounts.vault_generations",
                row => row.GetInt32(0),
                cancel
            )
        ).Single();

    private DataKey Wrap(Guid id, Guid workspace, int generation, byte[] key)
    {
        var unsealed = new DataKey(id, workspace, generation, []);
        return unsealed with { Wrapped = Envelope.Seal(WrappingKey(generation), key, About(unsealed)) };
    }

    private byte[] WrappingKey(int generation) =>
        master.Derive(
            string.Create(CultureInfo.InvariantCulture, $"accounts/vault/kek/{generation}"),
            Envelope.KeyLength
        );

    private static string About(DataKey key) =>
        string.Create(CultureInfo.InvariantCulture, $"{key.Workspace:n}|{key.Id:n}|{key.Generation}|data-key");
}
