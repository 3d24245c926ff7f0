using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Tokens;

/// <summary><c>GET /.well-known/jwks.json</c>: the public keys in force, for whoever wants to check our tokens (RFC 7517).</summary>
internal static class JwksEndpoint
{
    private static readonly JsonWebKeySet Example = new([
        new(
            "EC",
            "P-256",
            "sig",
            "ES256",
            "3fZ1gUG0cm0bEGDJ9hRZmsb3fEpRpbqnyQZB8gVbq3E",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        ),
    ]);

    public static void Map(IEndpointRouteBuilder root) =>
        root.MapGet("/.well-known/jwks.json", Get)
            .WithTags("sign-in")
            .WithSummary("The public keys of access tokens")
            .AllowAnonymous()
            .WithExample(response: Example);

    private static JsonWebKeySet Get(SigningKeys keys, HttpResponse response)
    {
        response.Headers.CacheControl = "public, max-age=300";
        return new JsonWebKeySet([
            .. keys.Accepted.Select(key => new JsonWebKey("EC", "P-256", "sig", "ES256", key.Id, key.X, key.Y)),
        ]);
    }
}

/// <summary>A set of keys.</summary>
internal sealed record JsonWebKeySet(IReadOnlyList<JsonWebKey> Keys);

/// <summary>A public key on P-256.</summary>
internal sealed record JsonWebKey(string Kty, string Crv, string Use, string Alg, string Kid, string X, string Y);
