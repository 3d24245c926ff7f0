using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Lectern.Accounts.Access;

/// <summary>Whether the caller fits the endpoint's <see cref="AccessRule"/>; every endpoint is asked this.</summary>
internal sealed class AccessRequirement : IAuthorizationRequirement;

/// <summary>The rule that let somebody not in, for the security events, and a sentence for the client.</summary>
internal sealed class AccessRefused(AccessHandler by, string rule, string message)
    : AuthorizationFailureReason(by, message)
{
    public string Rule => rule;
}

/// <summary>Answers it, from what the credential said: no look at the database.</summary>
internal sealed class AccessHandler : AuthorizationHandler<AccessRequirement>
{
    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (
            context.Resource is HttpContext http
            && http.GetEndpoint() is { } endpoint
            && http.Features.Get<Caller>() is { } caller
        )
        {
            if (Refusal(caller, endpoint, http.Request.Method) is { } refusal)
                context.Fail(new AccessRefused(this, refusal.Rule, refusal.Message));
            else
                context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    /// <summary>The rule that doesn't let the caller in, and why, for the client; null if they are let in.</summary>
    internal static (string Rule, string Message)? Refusal(Caller caller, Endpoint endpoint, string method)
    {
        var rule = AccessRule.Of(endpoint, method);
        if (rule.PlatformOnly && !caller.IsPlatformAdmin)
            return ("platform", "This is for administrators of the platform.");
        if (caller.ApiKey is { } key)
        {
            if (rule.PeopleOnly)
                return ("people", "API keys can't do this; log in.");
            if (!ApiScopes.Allow(key.Scopes, endpoint, method))
                return ("scope", $"The API key lacks the scope {ApiScopes.Wanted(endpoint, method)}.");
        }

        return caller.Role < rule.Least
            ? ("role", $"This needs the role {rule.Least.Name()} in the workspace, and yours is {caller.Role.Name()}.")
            : null;
    }
}
