using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Lectern.Accounts.OpenId;

/// <summary>
/// <c>GET /auth/oidc/{issuer}</c>: sends the browser to the issuer, for the authorization code flow with PKCE.
/// </summary>
internal static partial class BeginOpenIdEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/auth/oidc/{issuer}", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Sign in with an OpenID Connect issuer: open it in a browser")
            .AllowAnonymous()
            .LimitedAs(RateLimit.SignIn)
            .WithExample()
            .WithProblems(CommonProblems.NotFound, AccountsProblems.OpenIdUnavailable);

    private static async Task<Results<RedirectHttpResult, ProblemResult>> HandleAsync(
        string issuer,
        OpenIdIssuers issuers,
        OpenIdFlows flows,
        HttpContext http,
        ILogger<OpenIdIssuer> log,
        CancellationToken cancel
    )
    {
        if (issuers.Find(issuer) is not { } found)
            return CommonProblems.NotFound.With("There is no such issuer.").AsResult();
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            var flow = await flows.BeginAsync(found, http, cancel);
            var query = new Dictionary<string, string>
            {
                ["response_type"] = "code",
                ["client_id"] = found.ClientId,
                ["redirect_uri"] = flows.CallbackUrl(found),
                ["scope"] = "openid email profile",
                ["state"] = flow.State,
                ["nonce"] = flow.Nonce,
                ["code_challenge"] = flow.Challenge,
                ["code_challenge_method"] = "S256",
            };
            return TypedResults.Redirect(await found.AuthorizationUrlAsync(query, cancel));
        }
        catch (IssuerException away)
        {
            LogAway(log, away);
            return AccountsProblems.OpenIdUnavailable.With($"{issuer} does not answer as it should.").AsResult();
        }
    }

    [LoggerMessage(LogLevel.Warning, "A sign-in could not be begun.")]
    private static partial void LogAway(ILogger log, Exception error);
}
