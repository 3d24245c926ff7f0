using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Lectern.Accounts.Tokens;

namespace Lectern.Accounts.OpenId;

/// <summary>
/// A public key of an issuer, good for one algorithm: RS256 with RSA, ES256 with P-256. The key decides the algorithm and
/// not the token, so no token can choose to be checked in a weaker way (RFC 8725, section 3.1).
/// </summary>
internal sealed class IssuerKey
{
    private const int LeastRsaBits = 2048;
    private readonly Func<byte[], byte[], bool> _verify;

    private IssuerKey(string id, string algorithm, Func<byte[], byte[], bool> verify)
    {
        Id = id;
        Algorithm = algorithm;
        _verify = verify;
    }

    /// <summary>Its <c>kid</c>.</summary>
    public string Id { get; }

    /// <summary><c>RS256</c> or <c>ES256</c>.</summary>
    public string Algorithm { get; }

    /// <summary>Whether the signature is this key's.</summary>
    public bool Verify(byte[] signed, byte[] signature) => _verify(signed, signature);

    /// <summary>The keys of a set (RFC 7517) that we can use; others, such as those for encryption, are passed over.</summary>
    public static IReadOnlyList<IssuerKey> ReadSet(JsonElement set) =>
        set.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
            ? [.. keys.EnumerateArray().Select(TryRead).OfType<IssuerKey>()]
            : [];

    private static IssuerKey? TryRead(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || Text(key, "kid") is not { Length: > 0 } id)
            return null;
        if (Text(key, "use") is { } use && use != "sig")
            return null;
        try
        {
            var read = Text(key, "kty") switch
            {
                "RSA" => ReadRsa(id, key),
                "EC" when Text(key, "crv") == "P-256" => ReadEc(id, key),
                _ => null,
            };
            return Text(key, "alg") is { } alg && alg != read?.Algorithm ? null : read;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null; // no number, or no point on the curve
        }
    }

    private static IssuerKey? ReadRsa(string id, JsonElement key)
    {
        var parameters = new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") };
        using (var probe = RSA.Create(parameters))
            if (probe.KeySize < LeastRsaBits)
                return null;
        return new IssuerKey(
            id,
            "RS256",
            (signed, signature) =>
            {
                using var rsa = RSA.Create(parameters);
                return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }
        );
    }

    private static IssuerKey ReadEc(string id, JsonElement key)
    {
        var parameters = new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") },
        };
        ECDsa.Create(parameters).Dispose();
        return new IssuerKey(
            id,
            "ES256",
            (signed, signature) =>
            {
                using var ecdsa = ECDsa.Create(parameters);
                return Es256.Verify(ecdsa, signed, signature);
            }
        );
    }

    private static byte[] Bytes(JsonElement key, string name) =>
        Base64Url.DecodeFromChars(Text(key, name) ?? throw new FormatException($"The key has no {name}."));

    private static string? Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
