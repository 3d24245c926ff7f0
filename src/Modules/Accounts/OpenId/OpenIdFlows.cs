using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;

namespace Lectern.Accounts.OpenId;

/// <summary>A sign-in under way: what goes to the issuer and comes back.</summary>
/// <param name="State">Comes back with the code.</param>
/// <param name="Nonce">Comes back in the ID token.</param>
/// <param name="Verifier">Proves to the issuer that who redeems the code is who asked for it (RFC 7636).</param>
internal sealed record OpenIdFlow(string State, string Nonce, string Verifier)
{
    /// <summary>The verifier's SHA-256, for the first request.</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
}

/// <summary>
/// Begins and ends sign-ins at an issuer. State, nonce, verifier and the cookie are each an HMAC of the flow's id, so that
/// the row is all that is stored, and says only that the flow is still open.
/// </summary>
internal sealed class OpenIdFlows(EventStore store, ConfirmationTokens tokens, PublicAddress address)
{
    private const string Cookie = "lectern_oidc";
    private const string CookiePath = "/api/v1/auth/oidc";
    private const string State = "openid_state";
    private const string Browser = "openid_browser";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <summary>Where the issuer sends the browser back to; configured, and never taken from a request.</summary>
    public string CallbackUrl(OpenIdIssuer issuer) => $"{address.Url}{CookiePath}/{issuer.Name}/callback";

    /// <summary>Begins, and binds the flow to this browser: else somebody's link could sign others in as that somebody.</summary>
    public async Task<OpenIdFlow> BeginAsync(OpenIdIssuer issuer, HttpContext http, CancellationToken cancel)
    {
        var id = store.NewId();
        await using var session = store.OpenWorkerSession(SignInContext.Anonymous());
        session.Execute(
            "insert into accounts.openid_flows (id, issuer, expires_at) values ($1, $2, now() + $3)",
            id,
            issuer.Name,
            Life
        );
        await session.SaveChangesAsync(cancel);
        http.Response.Cookies.Append(Cookie, tokens.Write(Browser, id), Options(Life));
        return Of(id);
    }

    /// <summary>Ends the flow of a state that comes back, if it is this browser's and the first to come; null if not.</summary>
    public async Task<OpenIdFlow?> EndAsync(
        OpenIdIssuer issuer,
        string state,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (
            !tokens.TryRead(State, state, out var id)
            || !tokens.TryRead(Browser, http.Request.Cookies[Cookie] ?? "", out var browser)
            || browser != id
        )
            return null;
        http.Response.Cookies.Delete(Cookie, Options(TimeSpan.Zero));
        await using var session = store.OpenWorkerSession(SignInContext.Anonymous());
        var open = await session.QueryAsync(
            "delete from accounts.openid_flows where id = $1 and issuer = $2 and expires_at > now() returning 1",
            _ => 1,
            cancel,
            id,
            issuer.Name
        );
        return open is [_] ? Of(id) : null;
    }

    private OpenIdFlow Of(Guid id) =>
        new(tokens.Write(State, id), tokens.Write("openid_nonce", id), tokens.Write("openid_verifier", id));

    // Lax: the browser sends it along when the issuer redirects it here, and not with requests that other sites make.
    private CookieOptions Options(TimeSpan life) =>
        new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = address.IsSecure,
            Path = CookiePath,
            MaxAge = life,
            IsEssential = true,
        };
}
