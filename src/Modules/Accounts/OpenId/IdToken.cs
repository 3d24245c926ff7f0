using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Lectern.Accounts.OpenId;

/// <summary>What an issuer says of a person.</summary>
/// <param name="Subject">The person, at this issuer; never changes.</param>
/// <param name="Email">An address, if the issuer says that it is verified; else null.</param>
/// <param name="Name">What to call the person.</param>
internal sealed record IssuerClaims(string Subject, string? Email, string? Name);

/// <summary>
/// Checks ID tokens (OpenID Connect Core 1.0, section 3.1.3.7), as narrowly as our own: one key by its id, the key's
/// algorithm, this issuer, us as the only audience, this sign-in's nonce, and a time that is now.
/// </summary>
internal static class IdToken
{
    private const int LongestToken = 16 * 1024;
    private const int LongestSubject = 255;

    // Clocks differ a little; and a token that is checked has just been made.
    private const long SkewSeconds = 30;
    private const long OldestSeconds = 600;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>What the token says, or null and why it is refused: for the log, not for the client.</summary>
    public static async Task<(IssuerClaims? Claims, string Reason)> CheckAsync(
        string token,
        OpenIdIssuer issuer,
        string nonce,
        DateTimeOffset now,
        CancellationToken cancel
    )
    {
        if (token.Length > LongestToken || token.Split('.') is not [var header, var payload, var signature])
            return (null, "it is no signed token");
        if (
            Json(header) is not { } head
            || Json(payload) is not { } claims
            || Bytes(signature) is not { Length: > 0 } signatureBytes
        )
            return (null, "it can't be read");

        if (head.TryGetProperty("crit", out _) || Text(head, "kid") is not { } kid)
            return (null, "its header has no kid, or asks for what we don't know");
        if (Text(head, "typ") is { } type && !type.Equals("JWT", StringComparison.OrdinalIgnoreCase))
            return (null, "it is of another type");
        if (await issuer.FindKeyAsync(kid, cancel) is not { } key || Text(head, "alg") != key.Algorithm)
            return (null, "the issuer has no such key for this algorithm");
        if (!key.Verify(Encoding.ASCII.GetBytes($"{header}.{payload}"), signatureBytes))
            return (null, "the signature is wrong");
        return Fault(claims, issuer, nonce, now.ToUnixTimeSeconds()) is { } fault ? (null, fault) : (Read(claims), "");
    }

    private static string? Fault(JsonElement claims, OpenIdIssuer issuer, string nonce, long now) =>
        Text(claims, "iss") != issuer.Identifier ? "it is another issuer's"
        : !IsOnlyFor(claims, issuer.ClientId) ? "it is for somebody else"
        : claims.TryGetProperty("azp", out _) && Text(claims, "azp") != issuer.ClientId
            ? "it was made for somebody else"
        : Text(claims, "nonce") is not { } given || !Same(given, nonce) ? "it is of another sign-in"
        : Time(claims, "exp") is not { } exp || now >= exp + SkewSeconds ? "it has expired"
        : Time(claims, "iat") is not { } iat || iat > now + SkewSeconds || iat < now - OldestSeconds
            ? "it was not made just now"
        : claims.TryGetProperty("nbf", out _) && (Time(claims, "nbf") is not { } nbf || nbf > now + SkewSeconds)
            ? "it is not valid yet"
        : Text(claims, "sub") is not { Length: > 0 and <= LongestSubject } ? "it names nobody"
        : null;

    private static IssuerClaims Read(JsonElement claims)
    {
        // Some issuers write the flag as a text.
        var isVerified =
            claims.TryGetProperty("email_verified", out var verified)
            && (verified.ValueKind == JsonValueKind.True || Text(claims, "email_verified") == "true");
        return new IssuerClaims(Text(claims, "sub")!, isVerified ? Text(claims, "email") : null, Text(claims, "name"));
    }

    private static bool IsOnlyFor(JsonElement claims, string client) =>
        claims.TryGetProperty("aud", out var audience)
        && audience.ValueKind switch
        {
            JsonValueKind.String => audience.ValueEquals(client),
            JsonValueKind.Array => audience.GetArrayLength() == 1
                && audience[0].ValueKind == JsonValueKind.String
                && audience[0].ValueEquals(client),
            _ => false,
        };

    private static bool Same(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private static long? Time(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var seconds)
        && seconds is > 0 and < 1e11
            ? (long)seconds
            : null;

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static byte[]? Bytes(string part)
    {
        if (!Base64Url.IsValid(part, out var length))
            return null;
        var bytes = new byte[length];
        return Base64Url.TryDecodeFromChars(part, bytes, out _) ? bytes : null;
    }

    private static JsonElement? Json(string part)
    {
        if (Bytes(part) is not { } bytes)
            return null;
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
