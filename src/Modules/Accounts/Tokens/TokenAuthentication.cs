using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Accounts.Tokens;

/// <summary>Every endpoint needs a valid token unless it says <c>AllowAnonymous</c>: what is forgotten is closed.</summary>
internal static class TokenAuthentication
{
    public static void AddTokenAuthentication(this IServiceCollection services)
    {
        services.AddSingleton<SigningKey>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<VerifiedTokens>(provider => new VerifiedTokens(
            provider.GetRequiredService<AccessTokens>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services
            .AddAuthentication(BearerHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, null);
        services
            .AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizeEndpointsOnly>();
    }

    /// <summary>
    /// Where no endpoint was found there is nothing to protect, and the answer is 404 or 405; ASP.NET would ask for a
    /// token there, too, and send a client with a typing error to log in.
    /// </summary>
    private sealed class AuthorizeEndpointsOnly : IAuthorizationMiddlewareResultHandler
    {
        private readonly AuthorizationMiddlewareResultHandler _default = new();

        public Task HandleAsync(
            RequestDelegate next,
            HttpContext context,
            AuthorizationPolicy policy,
            PolicyAuthorizationResult authorizeResult
        ) =>
            context.GetEndpoint() is RouteEndpoint
                ? _default.HandleAsync(next, context, policy, authorizeResult)
                : next(context);
    }
}
