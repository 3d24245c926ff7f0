using System.Globalization;
using System.Security.Cryptography;
using Lectern.Accounts.Vault;
using Lectern.Eventing;
using Lectern.SharedKernel.Telemetry;

namespace Lectern.Accounts.Contracts;

/// <summary>
/// Keeps secrets of other modules in the workspace's vault: a dump of the database, a moved row or a deleted workspace's
/// backup gives none of them away.
/// </summary>
public sealed class WorkspaceSecrets
{
    private readonly EventStore _store;
    private readonly DataKeys _keys;
    private readonly SecurityEvents _events;

    internal WorkspaceSecrets(EventStore store, DataKeys keys, SecurityEvents events) =>
        (_store, _keys, _events) = (store, keys, events);

    /// <summary>Adds a secret of the session's workspace to the unit of work.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="id">Under which it is found again.</param>
    /// <param name="purpose">What it is for, a name that never changes: it opens for nothing else.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <remarks>The save may fail with what <see cref="IsLostRace"/> tells: then do all of it again.</remarks>
    public async Task AddAsync(Session session, Guid id, string purpose, byte[] secret, CancellationToken cancel)
    {
        var workspace = session.Context.Workspace;
        var key = await _keys.FindOrAddAsync(session, _store.NewId(), workspace, cancel);
        var open = _keys.Open(key);
        try
        {
            session.Execute(
                "insert into accounts.secrets (id, workspace_id, data_key, purpose, sealed) values ($1, $2, $3, $4, $5)",
                id,
                workspace,
                key.Id,
                purpose,
                Envelope.Seal(open, secret, About(workspace, id, purpose))
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(open);
        }
    }

    /// <summary>Adds the end of some secrets of the session's workspace; with its last one the workspace's data key goes.</summary>
    public static void Delete(Session session, params Guid[] ids) =>
        DataKeys.DeleteSecrets(
            session,
            "delete from accounts.secrets where workspace_id = $1 and id = any($2)",
            session.Context.Workspace,
            ids
        );

    /// <summary>Opens secrets of the session's workspace; those that are gone are left out.</summary>
    /// <exception cref="CryptographicException">A row was changed, or is another's.</exception>
    public async Task<IReadOnlyDictionary<Guid, byte[]>> OpenAsync(
        Session session,
        string purpose,
        Guid[] ids,
        CancellationToken cancel
    )
    {
        var workspace = session.Context.Workspace;
        var rows = await session.QueryAsync(
            """
            select s.id, s.sealed, d.id, d.workspace_id, d.generation, d.wrapped
            from accounts.secrets s join accounts.data_keys d on d.id = s.data_key
            where s.workspace_id = $1 and s.id = any($2)
            """,
            row =>
                (
                    Id: row.GetGuid(0),
                    Sealed: row.GetFieldValue<byte[]>(1),
                    Key: new DataKey(row.GetGuid(2), row.GetGuid(3), row.GetInt32(4), row.GetFieldValue<byte[]>(5))
                ),
            cancel,
            workspace,
            ids
        );
        var opened = new Dictionary<Guid, byte[]>();
        foreach (var (id, hidden, key) in rows)
        {
            try
            {
                opened.Add(id, Open(key, hidden, About(workspace, id, purpose)));
            }
            catch (CryptographicException)
            {
                _events.Record(SecurityEvent.SealBroken, null, subject: AccountIds.Workspace(workspace));
                throw;
            }
        }

        return opened;
    }

    /// <summary>Whether the session's workspace keeps any secret: not when it was erased, or its last one deleted.</summary>
    public static async Task<bool> HasAnyAsync(Session session, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select 1 from accounts.data_keys where workspace_id = $1",
                row => row.GetInt32(0),
                cancel,
                session.Context.Workspace
            )
        ).Count > 0;

    /// <summary>Whether another unit of work made the workspace's data key first, or destroyed it with its last secret.</summary>
    public static bool IsLostRace(ConstraintViolatedException violated) =>
        violated.Constraint is DataKeys.AnotherDataKey or "secrets_data_key";

    private byte[] Open(DataKey key, byte[] hidden, string about)
    {
        var open = _keys.Open(key);
        try
        {
            return Envelope.Open(open, hidden, about);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(open);
        }
    }

    private static string About(Guid workspace, Guid id, string purpose) =>
        string.Create(CultureInfo.InvariantCulture, $"{workspace:n}|{id:n}|{purpose}|workspace-secret");
}
