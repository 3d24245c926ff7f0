using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using NpgsqlTypes;

namespace Lectern.Accounts.ApiKeys;

/// <summary>Makes a key that programs use instead of a person's access token.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Scopes">What it is good for, such as <c>jobs:write</c>; a refusal lists all there are.</param>
/// <param name="ExpiresAt">When it stops being accepted; never without it.</param>
/// <param name="CreditCap">Credits that it may spend in all, as a decimal number in a string; no cap of its own without it.</param>
internal sealed record CreateApiKey(
    string Name,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? ExpiresAt = null,
    string? CreditCap = null
);

/// <summary>A new key.</summary>
/// <param name="Key">Send it as <c>Authorization: Bearer …</c>. It is shown here and nowhere else; who loses it makes another.</param>
/// <param name="ApiKey">What is known of it from now on.</param>
internal sealed record ApiKeyCreated(string Key, ApiKeyView ApiKey);

internal static class CreateApiKeyValidator
{
    /// <param name="command">The command.</param>
    /// <param name="scopes">Every scope that there is.</param>
    /// <param name="now">The moment of the request.</param>
    public static FieldError[] Faults(CreateApiKey command, IReadOnlyList<string> scopes, DateTimeOffset now) =>
        [.. Find(command, scopes, now)];

    private static IEnumerable<FieldError> Find(CreateApiKey command, IReadOnlyList<string> scopes, DateTimeOffset now)
    {
        if (KeyName.Fault(command.Name) is { } badName)
            yield return new FieldError("/name", badName);
        if (command.Scopes.Count == 0 || command.Scopes.Except(scopes, StringComparer.Ordinal).Any())
            yield return new FieldError("/scopes", $"must be one or more of {string.Join(", ", scopes)}");
        if (command.ExpiresAt <= now)
            yield return new FieldError("/expiresAt", "must be in the future");
        if (command.CreditCap is { } cap && !Credits.TryParse(cap, out _))
            yield return new FieldError(
                "/creditCap",
                "must be a number of credits such as \"12.5\", at most six decimals"
            );
    }
}

/// <summary><c>POST /workspaces/{id}/api-keys</c>.</summary>
internal static class CreateApiKeyEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/workspaces/{id}/api-keys", HandleAsync)
            .WithName("CreateApiKey")
            .WithTags("api-keys")
            .WithSummary("Make an API key")
            .WithDescription(
                "The key acts as the person who makes it, in that person's present role, for what its scopes allow. It is shown once."
            )
            .ForAdmins()
            .WithExample(
                new CreateApiKey(
                    ApiKeyView.Example.Name,
                    ApiKeyView.Example.Scopes,
                    ApiKeyView.Example.ExpiresAt?.AddYears(100),
                    ApiKeyView.Example.CreditCap
                ),
                new ApiKeyCreated("lk_J0pQ…9xYw", ApiKeyView.Example)
            )
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound, AccountsProblems.OnlyMembers);

    private static async Task<Results<Created<ApiKeyCreated>, ProblemResult>> HandleAsync(
        string id,
        CreateApiKey command,
        Caller caller,
        EventStore store,
        ApiKeyTexts texts,
        EndpointDataSource endpoints,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (caller.IsVisiting)
            return AccountsProblems
                .OnlyMembers.With("An API key acts as a member of the workspace, and you are visiting it.")
                .AsResult();
        var scopes = ApiScopes.Of(endpoints.Endpoints);
        if (CreateApiKeyValidator.Faults(command, scopes, time.GetUtcNow()) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The key can't be made like this.", faults).AsResult();

        var (key, keyId) = (texts.New(), store.NewId());
        await using var session = store.OpenSession(caller);
        Insert(session, caller, keyId, key, command);
        AuditLog.Record(
            session,
            caller.Workspace,
            "api_keys.created",
            AccountIds.ApiKey(keyId),
            new() { ["scopes"] = string.Join(' ', command.Scopes), ["creditCap"] = command.CreditCap },
            SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        var view = await ApiKeyView.FindAsync(store, caller, keyId, cancel);
        return TypedResults.Created(
            $"/api/v1/workspaces/{id}/api-keys/{AccountIds.ApiKey(keyId)}",
            new ApiKeyCreated(key, view!)
        );
    }

    private static void Insert(Session session, Caller caller, Guid id, string key, CreateApiKey command)
    {
        long? cap = command.CreditCap is { } text && Credits.TryParse(text, out var credits) ? credits : null;
        session.Execute(
            """
            insert into accounts.api_keys
                (id, workspace_id, person_id, name, hash, start, last_four, scopes, credit_cap, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            id,
            caller.Workspace,
            caller.Person,
            command.Name,
            ApiKeyTexts.Hash(key),
            key[..ApiKeyTexts.ShownAtStart],
            key[^4..],
            command.Scopes.Distinct(StringComparer.Ordinal).ToArray(),
            new Typed(cap, NpgsqlDbType.Bigint),
            new Typed(command.ExpiresAt?.ToUniversalTime(), NpgsqlDbType.TimestampTz)
        );
    }
}
