using System.Security.Claims;
using System.Text.Encodings.Web;
using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Tokens;

/// <summary>
/// Finds out who calls, from an access token or an API key in <c>Authorization: Bearer …</c> (RFC 6750, section 2.1), and
/// says no as a problem. Where something goes on live, a ticket in the query does as well.
/// </summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    VerifiedTokens tokens,
    VerifiedApiKeys keys,
    SecurityEvents events,
    LiveTickets tickets
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "Bearer";

    private const string Realm = "Bearer realm=\"lectern\"";
    private const string InQuery = "The request carries an API key in its query string.";

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.QueryString.HasValue && await HasKeyInQueryAsync())
        {
            events.Record(SecurityEvent.ApiKeyLeaked, Context);
            return AuthenticateResult.Fail(InQuery);
        }

        if (Request.Headers.Authorization is [{ } header])
            return TryToken(header, out var token) ? await OfTokenAsync(token) : AuthenticateResult.NoResult();
        if (Live is not { } live)
            return AuthenticateResult.NoResult();
        if (live.TicketInQuery && Request.Query["ticket"] is [{ } ticket])
        {
            var redeemed = await tickets.RedeemAsync(ticket, Context.RequestAborted);
            if (redeemed.Caller is null)
                events.Record(SecurityEvent.TokenRefused, Context, "ticket");
            return Answer(redeemed.Caller, redeemed.Refusal, redeemed.Standing);
        }

        return live.TokenInQuery && Request.Query["token"] is [{ } inQuery]
            ? await OfTokenAsync(inQuery)
            : AuthenticateResult.NoResult();
    }

    private LiveCredentials? Live => Context.GetEndpoint()?.Metadata.GetMetadata<LiveCredentials>();

    private async Task<AuthenticateResult> OfTokenAsync(string token)
    {
        if (!token.StartsWith(ApiKeyTexts.Prefix, StringComparison.Ordinal))
        {
            var reading = tokens.Verify(token);
            if (reading.Token is null)
                RecordRefused(reading);
            return Answer(
                reading.Token?.Caller,
                reading.Refusal,
                reading.Token is { } good && Live is not null ? new TokenStanding(good, tokens) : null
            );
        }

        var key = await keys.VerifyAsync(token, Context.RequestAborted);
        if (key.Caller is null)
            events.Record(SecurityEvent.ApiKeyRefused, Context);
        return Answer(
            key.Caller,
            key.Refusal,
            key.Caller is { ApiKey: { } known } && Live is not null
                ? new KeyStanding(ApiKeyTexts.Hash(token), known.Id, keys)
                : null
        );
    }

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var failure = (await HandleAuthenticateOnceSafeAsync()).Failure?.Message;
        Response.Headers.WWWAuthenticate = failure is null
            ? Realm
            : $"{Realm}, error=\"invalid_token\", error_description=\"{failure}\"";
        var problem = failure switch
        {
            null => CommonProblems.Unauthenticated.With("The request carries no access token."),
            InQuery => AccountsProblems.KeyInQuery.With(InQuery),
            _ => CommonProblems.Unauthenticated.With(failure),
        };
        await problem.AsResult().ExecuteAsync(Context);
    }

    private void RecordRefused(TokenReading reading)
    {
        if (reading == AccessTokens.Expired)
            events.Record(SecurityEvent.TokenExpired, Context);
        else
            events.Record(SecurityEvent.TokenRefused, Context, reading == AccessTokens.Revoked ? "revoked" : "invalid");
    }

    private AuthenticateResult Answer(Caller? caller, string? refusal, Standing? standing)
    {
        if (caller is null)
            return AuthenticateResult.Fail(refusal!);
        if (standing is not null)
            Context.Features.Set(standing);
        Context.Features.Set(caller);
        var identity = new ClaimsIdentity([new Claim("sub", caller.Person.ToString())], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    // Whatever the parameter is called: proxies log it, browsers keep it, and the key is known to more than its owner.
    private async Task<bool> HasKeyInQueryAsync()
    {
        var found = false;
        foreach (var value in Request.Query.SelectMany(parameter => parameter.Value.OfType<string>()))
        {
            if (!value.StartsWith(ApiKeyTexts.Prefix, StringComparison.Ordinal))
                continue;
            found = true;
            await keys.NoteLeakAsync(value, Context.RequestAborted);
        }

        return found;
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
