using Lectern.Accounts.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Accounts.Tokens;

/// <summary>Every endpoint needs a valid token unless it says <c>AllowAnonymous</c>: what is forgotten is closed.</summary>
internal static class TokenAuthentication
{
    public static void AddTokenAuthentication(this IServiceCollection services)
    {
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<Revocations>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<VerifiedTokens>(provider => new VerifiedTokens(
            provider.GetRequiredService<AccessTokens>(),
            provider.GetRequiredService<Revocations>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<LiveTickets>();
        services.AddSingleton<SecurityFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<SecurityFeed>());
        services
            .AddAuthentication(BearerHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, null);
        services
            .AddAuthorizationBuilder()
            .SetFallbackPolicy(
                new AuthorizationPolicyBuilder()
                    .RequireAuthenticatedUser()
                    .AddRequirements(new AccessRequirement())
                    .Build()
            );
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizeEndpoints>();
    }
}
