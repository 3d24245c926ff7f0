using System.Text.Json.Nodes;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Access;

/// <summary>
/// What comes of the decision. Where no endpoint was found there is nothing to protect, and the answer is 404 or 405;
/// ASP.NET would ask for a token there, too, and send a client with a typing error to log in. And what a platform
/// administrator is let do is written into the audit log before it is done.
/// </summary>
internal sealed class AuthorizeEndpoints(EventStore store, SecurityEvents events)
    : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _default = new();

    /// <inheritdoc/>
    public async Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult
    )
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            await next(context);
            return;
        }

        if (authorizeResult is { Forbidden: true, AuthorizationFailure.FailureReasons: var reasons })
        {
            var refused = reasons.OfType<AccessRefused>().FirstOrDefault();
            events.Record(SecurityEvent.AccessRefused, context, refused?.Rule);
            var detail = refused?.Message ?? "This credential does not allow it.";
            await CommonProblems.Forbidden.With(detail).AsResult().ExecuteAsync(context);
            return;
        }

        if (authorizeResult.Succeeded && context.Features.Get<Caller>() is { } caller)
        {
            var isOfPlatform = AccessRule.Of(endpoint, context.Request.Method).PlatformOnly;
            if (isOfPlatform || caller.IsVisiting)
                await RecordAsync(context, endpoint, caller, isOfPlatform);
        }

        await _default.HandleAsync(next, context, policy, authorizeResult);
    }

    private async Task RecordAsync(HttpContext context, RouteEndpoint endpoint, Caller caller, bool isOfPlatform)
    {
        await using var session = store.OpenWorkerSession(caller);
        AuditLog.Record(
            session,
            isOfPlatform ? AuditLog.Platform : caller.Workspace,
            "platform.act",
            context.Request.RouteValues.GetValueOrDefault("id") as string,
            new JsonObject { ["method"] = context.Request.Method, ["route"] = endpoint.RoutePattern.RawText },
            SignInOrigin.AddressOf(context)
        );
        await session.SaveChangesAsync(context.RequestAborted);
        events.Record(SecurityEvent.PlatformAct, context, isOfPlatform ? "administration" : "visit");
    }
}
