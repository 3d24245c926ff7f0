using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.OpenId;

/// <summary>The configured issuers. Their addresses are the operator's choice, so none is a stranger's.</summary>
internal sealed class OpenIdIssuers : IDisposable
{
    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }
    )
    {
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = 256 * 1024,
    };

    private readonly FrozenDictionary<string, OpenIdIssuer> _issuers;

    public OpenIdIssuers(IOptions<AccountsSettings> settings, TimeProvider time) =>
        _issuers = settings.Value.OpenId.ToFrozenDictionary(
            issuer => issuer.Key,
            issuer => new OpenIdIssuer(issuer.Key, issuer.Value, _http, time),
            StringComparer.Ordinal
        );

    /// <summary>The issuer of a name, if there is one.</summary>
    public OpenIdIssuer? Find(string name) => _issuers.GetValueOrDefault(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var issuer in _issuers.Values)
            issuer.Dispose();
        _http.Dispose();
    }
}
