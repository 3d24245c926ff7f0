using Lectern.Accounts.SignIn;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Lectern.Accounts.OpenId;

/// <summary>
/// <c>GET /auth/oidc/{issuer}/callback</c>: where the issuer sends the browser back to. What is wrong with an answer is
/// logged and not told: whoever made it up would learn from it.
/// </summary>
internal static partial class FinishOpenIdEndpoint
{
    private const int LongestCode = 4096;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/auth/oidc/{issuer}/callback", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Where an OpenID Connect issuer sends the browser back to")
            .AllowAnonymous()
            .LimitedAs(RateLimit.SignIn)
            .WithExample(response: LogInEndpoint.Example)
            .WithProblems(
                CommonProblems.NotFound,
                AccountsProblems.OpenIdRefused,
                AccountsProblems.OpenIdEmailUnverified,
                AccountsProblems.OpenIdNotLinked,
                AccountsProblems.RegistrationClosed,
                AccountsProblems.InvitationNeeded,
                AccountsProblems.OpenIdUnavailable
            );

    private static async Task<Results<Ok<TokenAnswer>, ProblemResult>> HandleAsync(
        string issuer,
        string? state,
        string? code,
        string? iss,
        OpenIdIssuers issuers,
        OpenIdFlows flows,
        OpenIdAccounts accounts,
        TimeProvider time,
        HttpContext http,
        SecurityEvents events,
        ILogger<OpenIdIssuer> log,
        CancellationToken cancel
    )
    {
        if (issuers.Find(issuer) is not { } found)
            return CommonProblems.NotFound.With("There is no such issuer.").AsResult();
        if (await flows.EndAsync(found, state ?? "", http, cancel) is not { } flow)
            return Refuse(http, events, log, issuer, "the state is not this browser's, was used, or has expired");
        if (iss is not null && iss != found.Identifier) // RFC 9207
            return Refuse(http, events, log, issuer, "it is another issuer's answer");
        if (code is not { Length: > 0 and <= LongestCode })
            return Refuse(http, events, log, issuer, "the issuer gave no code");
        try
        {
            if (await found.RedeemAsync(code, flow.Verifier, flows.CallbackUrl(found), cancel) is not { } token)
                return Refuse(http, events, log, issuer, "the issuer does not exchange the code");
            var (claims, reason) = await IdToken.CheckAsync(token, found, flow.Nonce, time.GetUtcNow(), cancel);
            if (claims is null)
                return Refuse(http, events, log, issuer, $"of its ID token: {reason}");
            var (answer, refusal) = await accounts.SignInAsync(found, claims, http, cancel);
            if (answer is null)
                return refusal!.AsResult();
            http.Response.Headers.CacheControl = "no-store";
            return TypedResults.Ok(answer);
        }
        catch (IssuerException away)
        {
            LogAway(log, away);
            return AccountsProblems.OpenIdUnavailable.With($"{issuer} does not answer as it should.").AsResult();
        }
    }

    private static ProblemResult Refuse(
        HttpContext http,
        SecurityEvents events,
        ILogger log,
        string issuer,
        string reason
    )
    {
        events.Record(SecurityEvent.OpenIdRefused, http, issuer);
        LogRefused(log, issuer, reason);
        http.Response.Headers.WWWAuthenticate = "Bearer realm=\"lectern\""; // RFC 9110: every 401 has one
        return AccountsProblems.OpenIdRefused.With("The issuer's answer can't be used.").AsResult();
    }

    [LoggerMessage(LogLevel.Information, "A sign-in at {Issuer} was refused: {Reason}.")]
    private static partial void LogRefused(ILogger log, string issuer, string reason);

    [LoggerMessage(LogLevel.Warning, "A sign-in could not be finished.")]
    private static partial void LogAway(ILogger log, Exception error);
}
