using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Vault;

/// <summary>Replaces a provider key's secret; name and provider stay.</summary>
/// <param name="Secret">The new key as the provider gave it.</param>
internal sealed record ReplaceProviderKey(string Secret)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => nameof(ReplaceProviderKey);
}

/// <summary><c>PUT /workspaces/{id}/provider-keys/{key}</c>.</summary>
internal static class ReplaceProviderKeyEndpoint
{
    private const string SomebodyElseDid = "provider_keys_version_follows";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPut("/workspaces/{id}/provider-keys/{key}", HandleAsync)
            .WithName("ReplaceProviderKey")
            .WithTags("provider-keys")
            .WithSummary("Replace a provider key's secret")
            .ForAdmins()
            .WithExample(
                new ReplaceProviderKey("sk-proj-0000000000000000Qx3A"),
                ProviderKeyView.Example with
                {
                    ReplacedAt = DateTimeOffset.UnixEpoch.AddDays(2),
                    LastTestedAt = null,
                    LastTestOutcome = null,
                }
            )
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound, CommonProblems.Conflict);

    private static async Task<Results<Ok<ProviderKeyView>, ProblemResult>> HandleAsync(
        string id,
        string key,
        ReplaceProviderKey command,
        Caller caller,
        EventStore store,
        ProviderCatalogue providers,
        SecretSealing sealing,
        HttpContext http,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        if (
            !PublicId.TryParse(AccountIds.ProviderKeyPrefix, key, out var named)
            || await SealedSecret.FindAsync(session, caller.Workspace, named, cancel) is not { } before
        )
            return ProviderKeyView.NotFound.AsResult();
        if (SecretSealing.Fault(providers.Find(before.Provider), command.Secret) is { } fault)
            return CommonProblems
                .InvalidValues.With("The key can't be stored like this.", new FieldError("/secret", fault))
                .AsResult();

        Update(session, before, command.Secret, sealing);
        AuditLog.Record(
            session,
            caller.Workspace,
            "provider_keys.replaced",
            AccountIds.ProviderKey(named),
            new() { ["version"] = before.Version + 1 },
            SignInOrigin.AddressOf(http)
        );
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException lost) when (lost.Constraint == SomebodyElseDid)
        {
            return CommonProblems.Conflict.With("Somebody else replaced this key at the same time.").AsResult();
        }

        return await ProviderKeyView.FindAsync(store, caller, named, cancel) is { } view
            ? TypedResults.Ok(view)
            : ProviderKeyView.NotFound.AsResult();
    }

    // Sealed for the version after the one that was read; if there is another by now, the check refuses version 0.
    private static void Update(Session session, SealedSecret before, string secret, SecretSealing sealing) =>
        session.Execute(
            """
            update accounts.provider_keys set
                version = case when version = $3 then version + 1 else 0 end,
                sealed = $4, last_four = $5, fingerprint = $6,
                replaced_at = now(), last_tested_at = null, last_test_outcome = null
            where workspace_id = $1 and id = $2
            """,
            before.Key.Workspace,
            before.Id,
            before.Version,
            sealing.Seal(before.Key, before.Id, before.Version + 1, secret),
            SecretSealing.LastOf(secret),
            sealing.FingerprintOf(before.Key.Workspace, secret)
        );
}
