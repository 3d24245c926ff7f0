using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Accounts.Tokens;

/// <summary>
/// The key that signs access tokens, derived from the master key, so that all hosts of an installation have the same
/// without storing or sending it.
/// </summary>
internal sealed class SigningKey
{
    private readonly ECParameters _parameters;

    // .NET doesn't promise that an ECDsa may be used by several threads at once.
    private readonly ThreadLocal<ECDsa> _key;

    /// <param name="master">What it is derived from.</param>
    /// <param name="generation">Counts from 1; the next one is another key.</param>
    public SigningKey(MasterKey master, int generation = 1)
    {
        using var key = ECDsa.Create(
            new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Scalar(master, generation) }
        );
        _parameters = key.ExportParameters(includePrivateParameters: true);
        _key = new ThreadLocal<ECDsa>(() => ECDsa.Create(_parameters));
        X = Base64Url.EncodeToString(_parameters.Q.X);
        Y = Base64Url.EncodeToString(_parameters.Q.Y);
        // RFC 7638: SHA-256 over the required members in lexicographic order.
        var members = Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""");
        Id = Base64Url.EncodeToString(SHA256.HashData(members));
        Header = Base64Url.EncodeToString(
            Encoding.UTF8.GetBytes($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{Id}}"}""")
        );
    }

    /// <summary>The key id: the JWK thumbprint of the public key (RFC 7638).</summary>
    public string Id { get; }

    /// <summary>The header of every token that this key signs, encoded.</summary>
    public string Header { get; }

    /// <summary>The public key's x coordinate, base64url.</summary>
    public string X { get; }

    /// <summary>The public key's y coordinate, base64url.</summary>
    public string Y { get; }

    /// <summary>The key, for use on this thread only.</summary>
    public ECDsa Key => _key.Value!;

    // 32 random bytes are a scalar but for the 2^-32 of them that are zero or not below the curve's order. Taking those
    // modulo the order would prefer some keys; so the next candidate is drawn, as FIPS 186-5 A.2.2 does, and all hosts
    // draw the same.
    private static byte[] Scalar(MasterKey master, int generation)
    {
        var name = generation == 1 ? "accounts/jwt" : $"accounts/jwt/generation-{generation}";
        for (var candidate = 1; ; candidate++)
        {
            var bytes = master.Derive($"{name}/{candidate}", 32);
            if (Es256.IsScalar(bytes))
                return bytes;
        }
    }
}
