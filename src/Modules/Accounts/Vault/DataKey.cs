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
    /// <summary>What refuses a second data key of a workspace.</summary>
    public const string AnotherDataKey = "one_data_key_per_workspace";

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

    /// <summary>A workspace's data key; a new one is added to the unit of work when there is none.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="id">For a new one.</param>
    /// <param name="workspace">Whose.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<DataKey> FindOrAddAsync(Session session, Guid id, Guid workspace, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            "select id, workspace_id, generation, wrapped from accounts.data_keys where workspace_id = $1",
            row => new DataKey(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2), row.GetFieldValue<byte[]>(3)),
            cancel,
            workspace
        );
        if (found is [var known])
            return known;
        var added = New(id, workspace, await CurrentGenerationAsync(session, cancel));
        session.Execute(
            "insert into accounts.data_keys (id, workspace_id, generation, wrapped) values ($1, $2, $3, $4)",
            added.Id,
            added.Workspace,
            added.Generation,
            added.Wrapped
        );
        return added;
    }

    /// <summary>Adds the end of secrets of a workspace, and of its data key if they were its last.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="delete">The statement that deletes them; <c>$1</c> is the workspace.</param>
    /// <param name="workspace">Whose.</param>
    /// <param name="which">The statement's <c>$2</c>.</param>
    public static void DeleteSecrets(Session session, string delete, Guid workspace, object which)
    {
        // Of two that delete the last two secrets at once, one must see that nothing is left; so they go one by one.
        session.Execute("select from accounts.data_keys where workspace_id = $1 for update", workspace);
        session.Execute(delete, workspace, which);
        session.Execute(
            """
            delete from accounts.data_keys where workspace_id = $1
            and not exists (select from accounts.provider_keys where workspace_id = $1)
            and not exists (select from accounts.secrets where workspace_id = $1)
            """,
            workspace
        );
    }

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
