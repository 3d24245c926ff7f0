using System.Security.Claims;
using System.Text.Encodings.Web;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Tokens;

/// <summary>Finds out who calls, from <c>Authorization: Bearer …</c> (RFC 6750, section 2.1), and says no as a problem.</summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    VerifiedTokens tokens
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "Bearer";

    private const string Realm = "Bearer realm=\"lectern\"";

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (Request.Headers.Authorization is not [{ } header] || !TryToken(header, out var token))
            return AuthenticateResult.NoResult();
        var reading = tokens.Verify(token);
        if (reading.Token is not { Caller: var caller })
            return AuthenticateResult.Fail(reading.Refusal!);
        Context.Features.Set(caller);
        var identity = new ClaimsIdentity([new Claim("sub", caller.Person.ToString())], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var failure = (await HandleAuthenticateOnceSafeAsync()).Failure?.Message;
        Response.Headers.WWWAuthenticate = failure is null
            ? Realm
            : $"{Realm}, error=\"invalid_token\", error_description=\"{failure}\"";
        var problem = CommonProblems.Unauthenticated.With(failure ?? "The request carries no access token.");
        await problem.AsResult().ExecuteAsync(Context);
    }

    private static bool TryToken(string header, out string token)
    {
        token = "";
        if (!header.StartsWith(SchemeName + " ", StringComparison.OrdinalIgnoreCase))
            return false;
        token = header[(SchemeName.Length + 1)..];
        return true;
    }
}
