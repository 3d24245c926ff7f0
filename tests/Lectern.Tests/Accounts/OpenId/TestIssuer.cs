using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Accounts.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Accounts.OpenId;

/// <summary>
/// A small issuer of OpenID Connect on a real port, with real keys: whoever comes is signed in as <see cref="Person"/>.
/// It checks what an issuer checks (client, redirect address, PKCE, one use of a code) and can be made to lie.
/// </summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    public const string ClientId = "lectern";
    public const string ClientSecret = "a secret: + / =";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, JsonObject> _codes = new();
    private RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private TestIssuer(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>The claims of whoever signs in.</summary>
    public JsonObject Person { get; set; } = [];

    /// <summary>Changes an ID token's header and claims before it is signed.</summary>
    public Action<JsonObject, JsonObject> Lie { get; set; } = (_, _) => { };

    /// <summary>How ID tokens are signed.</summary>
    public string Algorithm { get; set; } = "RS256";

    public string KeyId { get; private set; } = "key-1";

    /// <summary>The ID token instead of a signed one.</summary>
    public Func<string, string>? Forge { get; set; }

    /// <summary>How often the keys were asked for.</summary>
    public int KeySetsServed { get; private set; }

    /// <summary>Why the token endpoint refused, in order.</summary>
    public List<string> Refused { get; } = [];

    public static async Task<TestIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new TestIssuer(app);
        app.MapGet("/.well-known/openid-configuration", issuer.Describe);
        app.MapGet("/keys", issuer.Keys);
        app.MapGet("/authorize", issuer.Authorize);
        app.MapPost("/token", issuer.RedeemAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return issuer;
    }

    /// <summary>New keys; the old ones are forgotten.</summary>
    public void RotateKeys()
    {
        _rsa.Dispose();
        _rsa = RSA.Create(2048);
        KeyId = "key-2";
    }

    /// <summary>The modulus, as an attacker who takes the public key for an HMAC key would use it.</summary>
    public byte[] PublicKey => _rsa.ExportSubjectPublicKeyInfo();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
        _ec.Dispose();
    }

    private IResult Describe() =>
        Json(
            new JsonObject
            {
                ["issuer"] = Address,
                ["authorization_endpoint"] = $"{Address}/authorize?tenant=1",
                ["token_endpoint"] = $"{Address}/token",
                ["jwks_uri"] = $"{Address}/keys",
            }
        );

    private IResult Keys()
    {
        KeySetsServed++;
        var rsa = _rsa.ExportParameters(false);
        var ec = _ec.ExportParameters(false);
        return Json(
            new JsonObject
            {
                ["keys"] = new JsonArray(
                    new JsonObject
                    {
                        ["kty"] = "RSA",
                        ["kid"] = KeyId,
                        ["use"] = "sig",
                        ["alg"] = "RS256",
                        ["n"] = Base64Url.EncodeToString(rsa.Modulus),
                        ["e"] = Base64Url.EncodeToString(rsa.Exponent),
                    },
                    new JsonObject
                    {
                        ["kty"] = "EC",
                        ["kid"] = "ec-" + KeyId,
                        ["crv"] = "P-256",
                        ["x"] = Base64Url.EncodeToString(ec.Q.X),
                        ["y"] = Base64Url.EncodeToString(ec.Q.Y),
                    },
                    new JsonObject
                    {
                        ["kty"] = "oct",
                        ["kid"] = "symmetric",
                        ["k"] = "AAAA",
                    },
                    new JsonObject
                    {
                        ["kty"] = "RSA",
                        ["kid"] = "broken",
                        ["n"] = "!",
                        ["e"] = "AQAB",
                    }
                ),
            }
        );
    }

    private IResult Authorize(HttpRequest request)
    {
        var query = request.Query;
        query["tenant"].ToString().ShouldBe("1");
        query["response_type"].ToString().ShouldBe("code");
        query["client_id"].ToString().ShouldBe(ClientId);
        query["scope"].ToString().ShouldBe("openid email profile");
        query["code_challenge_method"].ToString().ShouldBe("S256");
        var code = Guid.NewGuid().ToString("n");
        _codes[code] = new JsonObject
        {
            ["nonce"] = query["nonce"].ToString(),
            ["challenge"] = query["code_challenge"].ToString(),
            ["redirect"] = query["redirect_uri"].ToString(),
        };
        return Results.Redirect($"{query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(query["state"]!)}");
    }

    private async Task<IResult> RedeemAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var client = Convert.ToBase64String(
            Encoding.ASCII.GetBytes($"{ClientId}:{Uri.EscapeDataString(ClientSecret)}")
        );
        _codes.TryRemove(form["code"].ToString(), out var asked);
        var fault =
            request.Headers.Authorization != $"Basic {client}" ? "invalid_client"
            : form["grant_type"] != "authorization_code" ? "unsupported_grant_type"
            : asked is null ? "invalid_grant: code"
            : (string)asked["redirect"]! != form["redirect_uri"] ? "invalid_grant: redirect"
            : (string)asked["challenge"]!
            != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())))
                ? "invalid_grant: verifier"
            : null;
        if (fault is not null)
        {
            Refused.Add(fault);
            return Results.Json(new { error = fault }, statusCode: 400);
        }

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = Person.DeepClone().AsObject();
        claims["iss"] = Address;
        claims["aud"] = ClientId;
        claims["nonce"] = (string)asked!["nonce"]!;
        claims["iat"] = now;
        claims["exp"] = now + 300;
        return Json(new JsonObject { ["access_token"] = "unused", ["id_token"] = Sign(claims) });
    }

    private string Sign(JsonObject claims)
    {
        var header = new JsonObject
        {
            ["alg"] = Algorithm,
            ["kid"] = Algorithm == "ES256" ? "ec-" + KeyId : KeyId,
            ["typ"] = "JWT",
        };
        Lie(header, claims);
        var signed = $"{TokenOf(header)}.{TokenOf(claims)}";
        if (Forge is { } forge)
            return forge(signed);
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature =
            Algorithm == "ES256"
                ? Es256.Sign(_ec, bytes)
                : _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string TokenOf(JsonObject part) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));

    private static IResult Json(JsonObject body) => Results.Text(body.ToJsonString(), "application/json");
}
