using Lectern.Accounts.ApiKeys;
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

/// <summary>Puts a provider's key into the workspace's vault.</summary>
/// <param name="Provider">Whose key it is; a refusal lists those that are known.</param>
/// <param name="Name">What to call it, unique in the workspace.</param>
/// <param name="Secret">The key as the provider gave it. It is never shown again.</param>
internal sealed record AddProviderKey(string Provider, string Name, string Secret)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"AddProviderKey({Provider})";
}

internal static class AddProviderKeyValidator
{
    public static FieldError[] Faults(AddProviderKey command, ProviderCatalogue providers) =>
        [.. Find(command, providers)];

    private static IEnumerable<FieldError> Find(AddProviderKey command, ProviderCatalogue providers)
    {
        var provider = providers.Find(command.Provider);
        if (provider is null)
            yield return new FieldError(
                "/provider",
                $"must be one of {string.Join(", ", providers.All.Select(known => known.Name))}"
            );
        if (KeyName.Fault(command.Name) is { } badName)
            yield return new FieldError("/name", badName);
        if (SecretSealing.Fault(provider, command.Secret) is { } badSecret)
            yield return new FieldError("/secret", badSecret);
    }
}

/// <summary><c>POST /workspaces/{id}/provider-keys</c>.</summary>
internal static class AddProviderKeyEndpoint
{
    private const string NameTaken = "provider_keys_name";
    private const string DataKeyGone = "provider_keys_data_key";
    private const int Tries = 5;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/workspaces/{id}/provider-keys", HandleAsync)
            .WithName("AddProviderKey")
            .WithTags("provider-keys")
            .WithSummary("Put a provider's key into the vault")
            .WithDescription(
                "It is sealed with a key of the workspace's own, and used only to call that provider for this workspace."
            )
            .ForAdmins()
            .WithExample(
                new AddProviderKey("openai", ProviderKeyView.Example.Name, "sk-proj-0000000000000000Qx3A"),
                ProviderKeyView.Example with
                {
                    LastTestedAt = null,
                    LastTestOutcome = null,
                }
            )
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound, AccountsProblems.NameTaken);

    private static async Task<Results<Created<ProviderKeyView>, ProblemResult>> HandleAsync(
        string id,
        AddProviderKey command,
        Caller caller,
        EventStore store,
        ProviderCatalogue providers,
        DataKeys keys,
        SecretSealing sealing,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (AddProviderKeyValidator.Faults(command, providers) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The key can't be stored like this.", faults).AsResult();

        var key = store.NewId();
        for (var tries = 1; ; tries++)
        {
            await using var session = store.OpenWorkerSession(caller);
            var dataKey = await keys.FindOrAddAsync(session, store.NewId(), caller.Workspace, cancel);
            Insert(session, dataKey, key, command, sealing);
            AuditLog.Record(
                session,
                caller.Workspace,
                "provider_keys.added",
                AccountIds.ProviderKey(key),
                new() { ["provider"] = command.Provider },
                SignInOrigin.AddressOf(http)
            );
            try
            {
                await session.SaveChangesAsync(cancel);
                break;
            }
            catch (ConstraintViolatedException taken) when (taken.Constraint == NameTaken)
            {
                return AccountsProblems
                    .NameTaken.With("The name is taken.", new FieldError("/name", "is taken"))
                    .AsResult();
            }
            catch (ConstraintViolatedException lost)
                when (lost.Constraint is DataKeys.AnotherDataKey or DataKeyGone && tries < Tries)
            {
                // Another request made the workspace's data key first, or destroyed it with the last provider key.
            }
        }

        var view = await ProviderKeyView.FindAsync(store, caller, key, cancel);
        return view is null
            ? ProviderKeyView.NotFound.AsResult() // deleted by somebody who was very quick
            : TypedResults.Created($"/api/v1/workspaces/{id}/provider-keys/{AccountIds.ProviderKey(key)}", view);
    }

    private static void Insert(
        Session session,
        DataKey dataKey,
        Guid id,
        AddProviderKey command,
        SecretSealing sealing
    ) =>
        session.Execute(
            """
            insert into accounts.provider_keys
                (id, workspace_id, data_key, provider, name, version, sealed, last_four, fingerprint)
            values ($1, $2, $3, $4, $5, 1, $6, $7, $8)
            """,
            id,
            dataKey.Workspace,
            dataKey.Id,
            command.Provider,
            command.Name,
            sealing.Seal(dataKey, id, version: 1, command.Secret),
            SecretSealing.LastOf(command.Secret),
            sealing.FingerprintOf(dataKey.Workspace, command.Secret)
        );
}
