using System.Security.Cryptography;
using Lectern.Accounts.Vault;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Telemetry;

namespace Lectern.Accounts.Contracts;

/// <summary>The provider keys of workspaces, for the adapters that call providers on their behalf.</summary>
public sealed class ProviderKeys
{
    private readonly EventStore _store;
    private readonly SecretSealing _sealing;
    private readonly SecurityEvents _events;

    internal ProviderKeys(EventStore store, SecretSealing sealing, SecurityEvents events)
    {
        _store = store;
        _sealing = sealing;
        _events = events;
    }

    /// <summary>
    /// The workspace's key of a provider: the newest, but sooner one that was not refused at its last test. Null when it has
    /// none; then the platform's own configuration is next. Ask for each piece of work, for keys are replaced and deleted.
    /// </summary>
    /// <param name="workspace">On whose behalf.</param>
    /// <param name="provider">A name of the catalogue: <c>openai</c>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="CryptographicException">
    /// The row was changed, or the master key is not the one that it was stored under.
    /// </exception>
    public async Task<ProviderSecret?> FindAsync(Guid workspace, string provider, CancellationToken cancel)
    {
        await using var session = _store.OpenSystemSession(workspace);
        var found = await SealedSecret.FindAsync(session, workspace, provider, cancel);
        try
        {
            return found is null ? null : _sealing.Open(found);
        }
        catch (CryptographicException)
        {
            _events.Record(SecurityEvent.SealBroken, null, subject: AccountIds.ProviderKey(found!.Id));
            throw;
        }
    }

    /// <summary>The providers that a workspace has a key of.</summary>
    public async Task<IReadOnlyList<string>> ProvidersAsync(Guid workspace, CancellationToken cancel)
    {
        await using var session = _store.OpenSystemSession(workspace);
        return await session.QueryAsync(
            "select distinct provider from accounts.provider_keys where workspace_id = $1",
            row => row.GetString(0),
            cancel,
            workspace
        );
    }
}
