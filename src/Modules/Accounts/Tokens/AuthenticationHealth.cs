using System.Security.Cryptography;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lectern.Accounts.Tokens;

/// <summary>
/// Whether people can be signed in and their tokens checked: what the current key signs, it accepts; and the
/// database has a key in force. A host that can't read the database goes on with what it knows.
/// </summary>
internal sealed class AuthenticationHealth(SigningKeys keys, EventStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken
    )
    {
        if (!CanSignAndVerify(keys.Current))
            return HealthCheckResult.Unhealthy("The signing key can't be used.");
        var figures = new Dictionary<string, object>
        {
            ["signingKey"] = keys.Current.Id,
            ["acceptedKeys"] = keys.Accepted.Count,
        };
        try
        {
            return await CountInForceAsync(cancellationToken).WaitAsync(cancellationToken) == 0
                ? HealthCheckResult.Unhealthy("No signing key is in force.", data: figures)
                : HealthCheckResult.Healthy(data: figures);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            return HealthCheckResult.Degraded(
                "What was revoked can't be read; known tokens are served.",
                data: figures
            );
        }
    }

    private async Task<long> CountInForceAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        var rows = await session.QueryAsync(
            "select count(*) from accounts.signing_keys where verifies_until is null or verifies_until > now()",
            row => row.GetInt64(0),
            cancel
        );
        return rows.Single();
    }

    internal static bool CanSignAndVerify(SigningKey key)
    {
        try
        {
            var data = RandomNumberGenerator.GetBytes(32);
            return Es256.Verify(key.Key, data, Es256.Sign(key.Key, data));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
