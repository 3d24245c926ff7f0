using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Extensions;

namespace Lectern.Accounts.OpenId;

/// <summary>The issuer didn't answer, or not with what the standard says.</summary>
internal sealed class IssuerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An issuer, as it describes itself (OpenID Connect Discovery 1.0) and remembered for an hour.</summary>
internal sealed class OpenIdIssuer(string name, OpenIdIssuerSettings settings, HttpClient http, TimeProvider time)
    : IDisposable
{
    private static readonly TimeSpan Remember = TimeSpan.FromHours(1);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile Description? _known;

    /// <summary>The name in our configuration and addresses.</summary>
    public string Name => name;

    /// <summary>Its identifier, which its ID tokens must name.</summary>
    public string Identifier => settings.Issuer;

    /// <summary>Who we are to it, whom its ID tokens must be for.</summary>
    public string ClientId => settings.ClientId!;

    /// <summary>Where to send a browser that wants to sign in.</summary>
    public async Task<string> AuthorizationUrlAsync(IReadOnlyDictionary<string, string> query, CancellationToken cancel)
    {
        var known = await DescribeAsync(cancel);
        var separator = known.Authorization.Query.Length > 0 ? "&" : "?";
        return known.Authorization.AbsoluteUri + separator + new QueryBuilder(query).ToString().TrimStart('?');
    }

    /// <summary>The key of an id. An id that we don't know means that the issuer has changed its keys: we look once.</summary>
    public async Task<IssuerKey?> FindKeyAsync(string id, CancellationToken cancel)
    {
        var known = await DescribeAsync(cancel);
        return known.Key(id) ?? (await DescribeAsync(cancel, olderThan: known)).Key(id);
    }

    /// <summary>Exchanges a code for an ID token; null if the issuer refuses.</summary>
    public async Task<string?> RedeemAsync(string code, string verifier, string redirectUri, CancellationToken cancel)
    {
        var known = await DescribeAsync(cancel);
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = redirectUri,
            ["code_verifier"] = verifier,
            ["client_id"] = ClientId,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, known.Token)
        {
            Content = new FormUrlEncodedContent(form),
        };
        if (!string.IsNullOrEmpty(settings.ClientSecret))
        {
            // RFC 6749, section 2.3.1: both are form-encoded first.
            var pair = $"{Uri.EscapeDataString(ClientId)}:{Uri.EscapeDataString(settings.ClientSecret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.ASCII.GetBytes(pair))
            );
        }

        var (isGood, body) = await SendAsync(request, cancel);
        return isGood && body.TryGetProperty("id_token", out var token) && token.ValueKind == JsonValueKind.String
            ? token.GetString()
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _asking.Dispose();

    private async Task<Description> DescribeAsync(CancellationToken cancel, Description? olderThan = null)
    {
        if (IsFresh(_known))
            return _known!;
        await _asking.WaitAsync(cancel);
        try
        {
            return IsFresh(_known) ? _known! : _known = await AskAsync(cancel);
        }
        finally
        {
            _asking.Release();
        }

        bool IsFresh(Description? known) =>
            known is not null && known != olderThan && time.GetUtcNow() - known.At < Remember;
    }

    private async Task<Description> AskAsync(CancellationToken cancel)
    {
        var at = time.GetUtcNow();
        var document = await GetAsync($"{settings.Issuer.TrimEnd('/')}/.well-known/openid-configuration", cancel);
        if (!document.TryGetProperty("issuer", out var issuer) || !issuer.ValueEquals(Identifier))
            throw new IssuerException($"The issuer {name} calls itself something else than {Identifier}.");
        var keys = await GetAsync(Address(document, "jwks_uri").AbsoluteUri, cancel);
        return new Description(
            Address(document, "authorization_endpoint"),
            Address(document, "token_endpoint"),
            IssuerKey.ReadSet(keys),
            at
        );
    }

    private Uri Address(JsonElement document, string property) =>
        document.TryGetProperty(property, out var value)
        && value.ValueKind == JsonValueKind.String
        && Uri.TryCreate(value.GetString(), UriKind.Absolute, out var address)
        && IssuerAddressAttribute.IsSafe(address)
            ? address
            : throw new IssuerException($"The issuer {name} has no good {property}.");

    private async Task<JsonElement> GetAsync(string address, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var (isGood, body) = await SendAsync(request, cancel);
        return isGood ? body : throw new IssuerException($"The issuer {name} refused {address}.");
    }

    private async Task<(bool IsGood, JsonElement Body)> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            using var answer = await http.SendAsync(request, cancel);
            if ((int)answer.StatusCode >= 500)
                throw new IssuerException($"The issuer {name} answered {(int)answer.StatusCode}.");
            if (!answer.IsSuccessStatusCode)
                return (false, default);
            using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel), Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (true, document.RootElement.Clone())
                : throw new IssuerException($"The issuer {name} answered with no object.");
        }
        catch (Exception e)
            when (e is HttpRequestException or JsonException
                || (e is OperationCanceledException && !cancel.IsCancellationRequested)
            )
        {
            throw new IssuerException($"The issuer {name} can't be reached or understood: {e.Message}", e);
        }
    }

    private sealed record Description(Uri Authorization, Uri Token, IReadOnlyList<IssuerKey> Keys, DateTimeOffset At)
    {
        public IssuerKey? Key(string id) => Keys.FirstOrDefault(key => key.Id == id);
    }
}
