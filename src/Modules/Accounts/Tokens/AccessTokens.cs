using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Tokens;

/// <summary>What a person gets who signs in (RFC 6749, section 5.1, in camelCase).</summary>
/// <param name="AccessToken">Send it as <c>Authorization: Bearer …</c>.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">Seconds that the access token lives.</param>
/// <param name="RefreshToken">Exchange it at <c>POST /auth/refresh</c> for the next pair; good once.</param>
internal sealed record TokenAnswer(string AccessToken, string TokenType, int ExpiresIn, string RefreshToken);

/// <summary>A token that was found good.</summary>
/// <param name="Caller">Whom it is for.</param>
/// <param name="Stamp">The membership that it stands on; revoked when the role changes. The session's id for a visitor.</param>
/// <param name="Until">When it stops being accepted, in Unix seconds.</param>
internal sealed record VerifiedToken(Caller Caller, Guid Stamp, long Until);

/// <summary>A verified token, or why it was refused: a sentence for the client.</summary>
internal readonly record struct TokenReading(VerifiedToken? Token, string? Refusal);

/// <summary>
/// Makes and checks access tokens: JWTs (RFC 7519) of type at+jwt (RFC 9068), signed with ES256. We are the only issuer
/// and the only audience, so the rules are as narrow as RFC 8725 wishes.
/// </summary>
internal sealed class AccessTokens(SigningKeys keys, IOptions<AccountsSettings> settings, TimeProvider time)
{
    private const int LongestToken = 4096;

    // Hosts' clocks differ a little; RFC 7519 allows "a small leeway".
    private const int SkewSeconds = 30;

    /// <summary>The refusal of a token that was good once.</summary>
    public static readonly TokenReading Expired = new(null, "The access token has expired.");

    /// <summary>The refusal of a token whose session, membership or person is not what it was.</summary>
    public static readonly TokenReading Revoked = new(null, "The access token was revoked.");

    private static readonly TokenReading Invalid = new(null, "The access token is not valid.");

    private readonly AccountsSettings _settings = settings.Value;

    /// <summary>Seconds that a new token lives.</summary>
    public int LifeSeconds => _settings.AccessTokenMinutes * 60;

    /// <summary>A new token for a member in a session.</summary>
    public string Issue(Guid session, Membership member)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new AccessClaims(
            _settings.TokenIssuer,
            _settings.TokenAudience,
            AccountIds.Person(member.Person),
            AccountIds.Workspace(member.Workspace),
            member.Role.Name(),
            AccountIds.Session(session),
            member.Stamp?.ToString("n"),
            member.IsPlatformAdmin,
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            now,
            now,
            now + LifeSeconds
        );
        return Sign(JsonSerializer.SerializeToUtf8Bytes(claims, AccessClaimsJson.Default.AccessClaims));
    }

    /// <summary>Puts our header before a payload and our signature behind it.</summary>
    internal string Sign(ReadOnlySpan<byte> payload)
    {
        var key = keys.Current;
        var signed = $"{key.Header}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(Es256.Sign(key.Key, Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>Checks everything about a token but whether it was revoked.</summary>
    public TokenReading Verify(string token)
    {
        if (token.Length > LongestToken || token.Split('.') is not [var header, var payload, var signature])
            return Invalid;

        // The header must be, byte for byte, one that we write. So there is no other algorithm or type, no foreign
        // key id, and no jwk, jku, x5u or crit to ignore: nothing in it is ever interpreted.
        if (keys.Find(header) is not { } key)
            return Invalid;
        if (!TryDecode(signature, out var signatureBytes) || !TryDecode(payload, out var payloadBytes))
            return Invalid;
        var signed = Encoding.ASCII.GetBytes(token, 0, header.Length + 1 + payload.Length);
        if (!Es256.Verify(key.Key, signed, signatureBytes) || !Es256.HasLowS(signatureBytes))
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
            || !PublicId.TryParse(AccountIds.SessionPrefix, claims.Sid, out var session)
            || !Roles.TryParse(claims.Role, out var role)
        )
            return Invalid;
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (claims.Nbf - SkewSeconds > now)
            return new TokenReading(null, "The access token is not valid yet.");
        var until = claims.Exp + SkewSeconds;
        if (now >= until)
            return Expired;
        var isMember = Guid.TryParseExact(claims.Mem, "N", out var stamp);
        if (!isMember && !claims.Adm)
            return Invalid;
        var caller = new Caller(person, workspace, role)
        {
            Session = session,
            IsPlatformAdmin = claims.Adm,
            IsVisiting = !isMember,
        };
        return new TokenReading(new VerifiedToken(caller, isMember ? stamp : session, until), null);
    }

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
/// <param name="Role">The person's role in it.</param>
/// <param name="Sid">The session's public id.</param>
/// <param name="Mem">The stamp of the membership; null for a platform administrator who is no member.</param>
/// <param name="Adm">Whether the person administers the platform.</param>
/// <param name="Jti">Random; names this token.</param>
internal sealed record AccessClaims(
    string Iss,
    string Aud,
    string Sub,
    string Ws,
    string Role,
    string Sid,
    string? Mem,
    bool Adm,
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
