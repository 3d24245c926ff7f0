using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Tokens;

/// <summary>What a person gets who signs in (RFC 6749, section 5.1, in camelCase).</summary>
/// <param name="AccessToken">Send it as <c>Authorization: Bearer …</c>.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">Seconds.</param>
internal sealed record TokenAnswer(string AccessToken, string TokenType, int ExpiresIn);

/// <summary>A token that was found good.</summary>
/// <param name="Caller">Whom it is for.</param>
/// <param name="Until">When it stops being accepted, in Unix seconds.</param>
internal sealed record VerifiedToken(Caller Caller, long Until);

/// <summary>A verified token, or why it was refused: a sentence for the client.</summary>
internal readonly record struct TokenReading(VerifiedToken? Token, string? Refusal);

/// <summary>
/// Makes and checks access tokens: JWTs (RFC 7519) of type at+jwt (RFC 9068), signed with ES256. We are the only issuer
/// and the only audience, so the rules are as narrow as RFC 8725 wishes.
/// </summary>
internal sealed class AccessTokens
{
    private const int LongestToken = 4096;

    // Hosts' clocks differ a little; RFC 7519 allows "a small leeway".
    private const int SkewSeconds = 30;

    private static readonly TokenReading Invalid = new(null, "The access token is not valid.");

    private readonly SigningKey _key;
    private readonly AccountsSettings _settings;
    private readonly TimeProvider _time;
    private readonly string _header;

    public AccessTokens(SigningKey key, IOptions<AccountsSettings> settings, TimeProvider time)
    {
        _key = key;
        _settings = settings.Value;
        _time = time;
        _header = Base64Url.EncodeToString(
            Encoding.UTF8.GetBytes($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{key.Id}}"}""")
        );
    }

    /// <summary>A new token for a person in a workspace.</summary>
    public TokenAnswer Issue(Caller caller)
    {
        var life = _settings.AccessTokenMinutes * 60;
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new AccessClaims(
            _settings.TokenIssuer,
            _settings.TokenAudience,
            AccountIds.Person(caller.Person),
            AccountIds.Workspace(caller.Workspace),
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            now,
            now,
            now + life
        );
        var payload = JsonSerializer.SerializeToUtf8Bytes(claims, AccessClaimsJson.Default.AccessClaims);
        return new TokenAnswer(Sign(payload), "Bearer", life);
    }

    /// <summary>Puts our header before a payload and our signature behind it.</summary>
    internal string Sign(ReadOnlySpan<byte> payload)
    {
        var signed = $"{_header}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(Es256.Sign(_key.Key, Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>Checks everything about a token.</summary>
    public TokenReading Verify(string token)
    {
        if (token.Length > LongestToken || token.Split('.') is not [var header, var payload, var signature])
            return Invalid;

        // The header must be, byte for byte, the one that we write. So there is no other algorithm or type, no foreign
        // key id, and no jwk, jku, x5u or crit to ignore: nothing in it is ever interpreted.
        if (header != _header)
            return Invalid;
        if (!TryDecode(signature, out var signatureBytes) || !TryDecode(payload, out var payloadBytes))
            return Invalid;
        var signed = Encoding.ASCII.GetBytes(token, 0, header.Length + 1 + payload.Length);
        if (!Es256.Verify(_key.Key, signed, signatureBytes) || !Es256.HasLowS(signatureBytes))
            return Invalid;
        return Check(payloadBytes);
    }

    // Only what our key signed comes here, so an exception means a token of another version of this program.
    private TokenReading Check(byte[] payload)
    {
        AccessClaims claims;
        try
        {
            claims = JsonSerializer.Deserialize(payload, AccessClaimsJson.Default.AccessClaims)!;
        }
        catch (JsonException)
        {
            return Invalid;
        }

        if (
            claims.Iss != _settings.TokenIssuer
            || claims.Aud != _settings.TokenAudience
            || !PublicId.TryParse(AccountIds.PersonPrefix, claims.Sub, out var person)
            || !PublicId.TryParse(AccountIds.WorkspacePrefix, claims.Ws, out var workspace)
        )
            return Invalid;
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        if (claims.Nbf - SkewSeconds > now)
            return new TokenReading(null, "The access token is not valid yet.");
        var until = claims.Exp + SkewSeconds;
        return now < until ? new TokenReading(new VerifiedToken(new Caller(person, workspace), until), null) : Expired;
    }

    /// <summary>The refusal of a token that was good once.</summary>
    public static TokenReading Expired { get; } = new(null, "The access token has expired.");

    // .NET's decoder takes padding, white space and stray bits at the end; a JWT has none of them (RFC 7515, section 2).
    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var written) != OperationStatus.Done)
            return false;
        bytes = bytes[..written];
        return Base64Url.EncodeToString(bytes) == text;
    }
}

/// <summary>The claims of an access token; all are required.</summary>
/// <param name="Sub">The person's public id.</param>
/// <param name="Ws">The workspace's public id.</param>
/// <param name="Jti">Random; names this token.</param>
internal sealed record AccessClaims(
    string Iss,
    string Aud,
    string Sub,
    string Ws,
    string Jti,
    long Iat,
    long Nbf,
    long Exp
);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(AccessClaims))]
internal sealed partial class AccessClaimsJson : JsonSerializerContext;
