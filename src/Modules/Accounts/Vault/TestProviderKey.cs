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

/// <summary>What a provider says to a key.</summary>
/// <param name="Outcome"><c>valid</c>, <c>refused</c>, or <c>unreachable</c> when there was no telling.</param>
/// <param name="Detail">A sentence about it.</param>
internal sealed record ProviderKeyTested(string Outcome, string Detail);

/// <summary><c>POST /workspaces/{id}/provider-keys/{key}/test</c>: asks the provider, at no cost.</summary>
internal static class TestProviderKeyEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/workspaces/{id}/provider-keys/{key}/test", HandleAsync)
            .WithName("TestProviderKey")
            .WithTags("provider-keys")
            .WithSummary("Ask the provider whether a key is good")
            .ForAdmins()
            .WithExample(response: new ProviderKeyTested("valid", "OpenAI takes the key."))
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<Ok<ProviderKeyTested>, ProblemResult>> HandleAsync(
        string id,
        string key,
        Caller caller,
        EventStore store,
        ProviderCatalogue providers,
        SecretSealing sealing,
        ProviderKeyTest test,
        HttpContext http,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        if (
            !PublicId.TryParse(AccountIds.ProviderKeyPrefix, key, out var named)
            || await SealedSecret.FindAsync(session, caller.Workspace, named, cancel) is not { } found
        )
            return ProviderKeyView.NotFound.AsResult();
        var provider =
            providers.Find(found.Provider)
            ?? throw new InvalidOperationException($"The provider {found.Provider} is not in the catalogue any more.");

        var outcome = await test.RunAsync(provider, sealing.Open(found).Reveal(), cancel);
        var code = outcome.Verdict.ToString().ToLowerInvariant();
        session.Execute(
            """
            update accounts.provider_keys set last_tested_at = now(), last_test_outcome = $4
            where workspace_id = $1 and id = $2 and version = $3 -- what was replaced meanwhile was not tested
            """,
            caller.Workspace,
            named,
            found.Version,
            code
        );
        AuditLog.Record(
            session,
            caller.Workspace,
            "provider_keys.tested",
            AccountIds.ProviderKey(named),
            new() { ["outcome"] = code },
            SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
        return TypedResults.Ok(new ProviderKeyTested(code, outcome.Detail));
    }
}
