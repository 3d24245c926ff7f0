using System.Security.Cryptography;
using System.Text;
using Lectern.Accounts.Contracts;
using Lectern.Providers;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Voices.Engines;

/// <summary>On whose account at a provider a call is made.</summary>
/// <param name="Id">The same for the same key, wherever it is from; the key can't be found out from it.</param>
/// <param name="Key">The key; null for a provider that is asked without one.</param>
/// <param name="IsWorkspaces">Whether it is the workspace's own, which then pays the provider itself.</param>
internal sealed record ProviderAccount(string Id, string? Key, bool IsWorkspaces)
{
    /// <summary>Without the key, which must not get into a log.</summary>
    public override string ToString() => Id;
}

/// <summary>Finds the key to use: the workspace's vault first, then the platform's configuration.</summary>
internal sealed class ProviderAccounts(
    ProviderKeys vault,
    ProviderCatalogue providers,
    ProviderSettings settings,
    MasterKey master
)
{
    private readonly byte[] _idKey = master.Derive("voices/provider-accounts", 32);

    /// <summary>The account to use for a workspace; asked for each call, since keys are replaced and deleted.</summary>
    public async Task<ProviderAccount> FindAsync(string provider, Guid workspace, CancellationToken cancel) =>
        await FindOwnAsync(provider, workspace, cancel) ?? OfPlatform(provider);

    /// <summary>The workspace's own account; null when its vault has no key of this provider.</summary>
    public async Task<ProviderAccount?> FindOwnAsync(string provider, Guid workspace, CancellationToken cancel) =>
        providers.Find(provider) is not null && await vault.FindAsync(workspace, provider, cancel) is { } secret
            ? new ProviderAccount(IdOf(provider, secret.Reveal()), secret.Reveal(), IsWorkspaces: true)
            : null;

    /// <summary>The workspace's own accounts at some providers, by the provider's name.</summary>
    public async Task<Dictionary<string, ProviderAccount>> OwnAsync(
        Guid workspace,
        IEnumerable<string> of,
        CancellationToken cancel
    )
    {
        var own = new Dictionary<string, ProviderAccount>();
        var held = await vault.ProvidersAsync(workspace, cancel);
        foreach (var provider in held.Intersect(of))
            if (await FindOwnAsync(provider, workspace, cancel) is { } account)
                own[provider] = account;
        return own;
    }

    /// <summary>The platform's account; without a key when none is configured.</summary>
    public ProviderAccount OfPlatform(string provider)
    {
        var key = settings.KeyOf(provider);
        return new ProviderAccount(IdOf(provider, key), key, IsWorkspaces: false);
    }

    private string IdOf(string provider, string? key) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(_idKey, Encoding.UTF8.GetBytes($"{provider}\n{key}")).AsSpan(0, 16)
        );
}
