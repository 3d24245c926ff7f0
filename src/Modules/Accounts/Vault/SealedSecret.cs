using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel.Secrets;
using Npgsql;

namespace Lectern.Accounts.Vault;

/// <summary>A provider key as it is stored, with the data key that it is sealed with.</summary>
/// <param name="Id">The provider key's id.</param>
/// <param name="Provider">Whose key it is.</param>
/// <param name="Version">Which of its secrets, from 1.</param>
/// <param name="Sealed">The sealed secret.</param>
/// <param name="Key">The data key.</param>
internal sealed record SealedSecret(Guid Id, string Provider, int Version, byte[] Sealed, DataKey Key)
{
    private const string Select = """
        select p.id, p.provider, p.version, p.sealed, d.id, d.workspace_id, d.generation, d.wrapped
        from accounts.provider_keys p join accounts.data_keys d on d.id = p.data_key
        """;

    /// <summary>A provider key of a workspace.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="workspace">Whose.</param>
    /// <param name="id">Which.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<SealedSecret?> FindAsync(
        Session session,
        Guid workspace,
        Guid id,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync($"{Select} where p.workspace_id = $1 and p.id = $2", Read, cancel, workspace, id)
        ).SingleOrDefault();

    /// <summary>The key to use with a provider: the newest, but sooner one that was not refused at its last test.</summary>
    public static async Task<SealedSecret?> FindAsync(
        Session session,
        Guid workspace,
        string provider,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync(
                $"""
                {Select} where p.workspace_id = $1 and p.provider = $2
                order by p.last_test_outcome is not distinct from 'refused', p.created_at desc, p.id desc limit 1
                """,
                Read,
                cancel,
                workspace,
                provider
            )
        ).SingleOrDefault();

    private static SealedSecret Read(NpgsqlDataReader row) =>
        new(
            row.GetGuid(0),
            row.GetString(1),
            row.GetInt32(2),
            row.GetFieldValue<byte[]>(3),
            new DataKey(row.GetGuid(4), row.GetGuid(5), row.GetInt32(6), row.GetFieldValue<byte[]>(7))
        );
}

/// <summary>Seals and opens secrets, and says what of them may be shown.</summary>
internal sealed class SecretSealing(DataKeys keys, MasterKey master)
{
    private const int Shown = 4;
    private const int Shortest = 16; // of which a quarter is shown
    private const int Longest = 1024;
    private const int FingerprintDigits = 16;

    private readonly byte[] _fingerprintKey = master.Derive("accounts/vault/fingerprint", 32);

    /// <summary>What is wrong with a provider's key, or null. Its form is the provider's business, but for what no header can carry.</summary>
    public static string? Fault(KnownProvider? provider, string secret) =>
        secret.Length is < Shortest or > Longest ? $"must have {Shortest} to {Longest} characters"
        : !secret.All(c => c is > ' ' and <= '~') ? "must be visible ASCII without spaces"
        : provider is not null && !secret.StartsWith(provider.KeyPrefix, StringComparison.Ordinal)
            ? $"must begin with {provider.KeyPrefix}, as the keys of {provider.Title} do"
        : null;

    /// <summary>Its last characters.</summary>
    public static string LastOf(string secret) => secret[^Shown..];

    /// <summary>Tells secrets apart without telling them, and not across workspaces.</summary>
    public string FingerprintOf(Guid workspace, string secret)
    {
        byte[] input = [.. workspace.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(secret)];
        return Convert.ToHexStringLower(HMACSHA256.HashData(_fingerprintKey, input))[..FingerprintDigits];
    }

    /// <summary>Seals a secret for one version of one provider key.</summary>
    public byte[] Seal(DataKey key, Guid id, int version, string secret)
    {
        var open = keys.Open(key);
        try
        {
            return Envelope.Seal(open, Encoding.UTF8.GetBytes(secret), About(key.Workspace, id, version));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(open);
        }
    }

    /// <summary>Opens a secret.</summary>
    /// <exception cref="CryptographicException">It was changed, or is another row's.</exception>
    public ProviderSecret Open(SealedSecret secret)
    {
        var open = keys.Open(secret.Key);
        try
        {
            return new ProviderSecret(
                Encoding.UTF8.GetString(
                    Envelope.Open(open, secret.Sealed, About(secret.Key.Workspace, secret.Id, secret.Version))
                )
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(open);
        }
    }

    private static string About(Guid workspace, Guid id, int version) =>
        string.Create(CultureInfo.InvariantCulture, $"{workspace:n}|{id:n}|{version}|provider-key");
}
