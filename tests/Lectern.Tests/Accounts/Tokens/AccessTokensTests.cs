using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel.Secrets;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Accounts.Tokens;

public sealed class AccessTokensTests
{
    private static readonly TokenForge Forge = new();
    private static readonly string Good = Forge.Good();

    // Each differs from a good token in one thing; all but the first few are signed by the right key.
    private static readonly Dictionary<string, Func<string>> BadTokens = new()
    {
        ["empty"] = () => "",
        ["dots only"] = () => "..",
        ["alg none without a signature"] = () => $"{TokenForge.Encode("""{"alg":"none","typ":"at+jwt"}""")}.{Part(1)}.",
        ["alg none with our signature"] = () => Forge.WithHeader(h => h["alg"] = "none"),
        ["HS256 with the public key as the secret"] = () =>
        {
            var header = TokenForge.Encode($$"""{"alg":"HS256","typ":"at+jwt","kid":"{{Forge.Key.Id}}"}""");
            var signed = $"{header}.{Part(1)}";
            var secret = Forge.Key.Key.ExportSubjectPublicKeyInfo();
            return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
        },
        ["alg ES384"] = () => Forge.WithHeader(h => h["alg"] = "ES384"),
        ["alg in lower case"] = () => Forge.WithHeader(h => h["alg"] = "es256"),
        ["typ JWT"] = () => Forge.WithHeader(h => h["typ"] = "JWT"),
        ["no typ"] = () => Forge.WithHeader(h => h.Remove("typ")),
        ["kid with a path"] = () => Forge.WithHeader(h => h["kid"] = "../../../../dev/null"),
        ["kid of nobody"] = () => Forge.WithHeader(h => h["kid"] = "0"),
        ["no kid"] = () => Forge.WithHeader(h => h.Remove("kid")),
        ["crit"] = () => Forge.WithHeader(h => h["crit"] = new JsonArray("exp")),
        ["jku"] = () => Forge.WithHeader(h => h["jku"] = "https://example.com/jwks.json"),
        ["x5u"] = () => Forge.WithHeader(h => h["x5u"] = "https://example.com/cert.pem"),
        ["a jwk and a signature by it"] = SignedByItsOwnJwk,
        ["a signature by another key"] = () =>
        {
            using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return $"{Part(0)}.{Part(1)}.{Encoded(Es256.Sign(other, Ascii($"{Part(0)}.{Part(1)}")))}";
        },
        ["iss of somebody else"] = () => Forge.WithClaims(c => c["iss"] = "lectern2"),
        ["no iss"] = () => Forge.WithClaims(c => c.Remove("iss")),
        ["aud of somebody else"] = () => Forge.WithClaims(c => c["aud"] = "lectern"),
        ["aud as a list"] = () => Forge.WithClaims(c => c["aud"] = new JsonArray("lectern-api")),
        ["no aud"] = () => Forge.WithClaims(c => c.Remove("aud")),
        ["no exp"] = () => Forge.WithClaims(c => c.Remove("exp")),
        ["exp null"] = () => Forge.WithClaims(c => c["exp"] = null),
        ["exp in quotes"] = () => Forge.WithClaims(c => c["exp"] = "9999999999"),
        ["exp beyond all numbers"] = () => Forge.WithClaims(c => c["exp"] = 1e300),
        ["expired 30 seconds ago"] = () => Forge.WithClaims(c => c["exp"] = Seconds(-30)),
        ["nbf in 31 seconds"] = () => Forge.WithClaims(c => c["nbf"] = Seconds(31)),
        ["sub that is a workspace"] = () => Forge.WithClaims(c => c["sub"] = c["ws"]!.DeepClone()),
        ["no role"] = () => Forge.WithClaims(c => c.Remove("role")),
        ["a role that there isn't"] = () => Forge.WithClaims(c => c["role"] = "owner"),
        ["no session"] = () => Forge.WithClaims(c => c.Remove("sid")),
        ["a session that is a person"] = () => Forge.WithClaims(c => c["sid"] = c["sub"]!.DeepClone()),
        ["no membership"] = () => Forge.WithClaims(c => c.Remove("mem")),
        ["membership null, and no administrator"] = () => Forge.WithClaims(c => c["mem"] = null),
        ["a membership that is no id"] = () => Forge.WithClaims(c => c["mem"] = "x"),
        ["adm in quotes"] = () => Forge.WithClaims(c => c["adm"] = "true"),
        ["a refresh token"] = RefreshTokens.New,
        ["no ws"] = () => Forge.WithClaims(c => c.Remove("ws")),
        ["a claim twice"] = () => Forge.Tokens.Sign("""{"exp":1,"exp":9999999999}"""u8),
        ["a payload that is no object"] = () => Forge.Tokens.Sign("[]"u8),
        ["a payload that is no JSON"] = () => Forge.Tokens.Sign("{"u8),
        ["an empty payload"] = () => Forge.Tokens.Sign(""u8),
        ["a changed payload"] = () =>
            $"{Part(0)}.{TokenForge.Encode(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Part(1))).Replace("lectern-api", "lectern-apj"))}.{Part(2)}",
        ["the signature's other s"] = WithTheOtherS,
        ["a signature of zeros"] = () => $"{Part(0)}.{Part(1)}.{Encoded(new byte[64])}",
        ["a signature in DER"] = () =>
        {
            var der = Forge.Key.Key.SignData(
                Ascii($"{Part(0)}.{Part(1)}"),
                HashAlgorithmName.SHA256,
                DSASignatureFormat.Rfc3279DerSequence
            );
            return $"{Part(0)}.{Part(1)}.{Encoded(der)}";
        },
        ["no signature"] = () => $"{Part(0)}.{Part(1)}.",
        ["two parts"] = () => $"{Part(0)}.{Part(1)}",
        ["four parts"] = () => $"{Good}.{Part(2)}",
        ["truncated by one"] = () => Good[..^1],
        ["one more character"] = () => Good + "A",
        ["padding"] = () => Good + "==",
        ["a stray bit in the last character"] = WithAStrayBit,
        ["a space behind"] = () => Good + " ",
        ["a line break inside"] = () => Good.Insert(Good.Length - 10, "\n"),
        ["base64 in the ordinary alphabet"] = () =>
            $"{Part(0)}.{Part(1)}.{Convert.ToBase64String(Base64Url.DecodeFromChars(Part(2)))}",
        ["10 KB of claims"] = () => Forge.WithClaims(c => c["pad"] = new string('x', 10_000)),
        ["10 KB of nothing"] = () => new string('.', 10_000),
    };

    public static TheoryData<string> Names => [.. BadTokens.Keys];

    [Fact]
    public void A_token_of_ours_names_its_caller()
    {
        Forge.Tokens.Verify(Good).Token!.Caller.ShouldBe(Forge.Caller);
        Forge.Tokens.Verify(Forge.WithClaims(_ => { })).Token!.Caller.ShouldBe(Forge.Caller);
        Forge.Tokens.Verify(Forge.WithHeader(_ => { })).Token.ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_token_is_refused(string name)
    {
        var reading = Forge.Tokens.Verify(BadTokens[name]());

        reading.Token.ShouldBeNull();
        reading.Refusal.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Clocks_may_differ_by_less_than_half_a_minute()
    {
        Forge.Tokens.Verify(Forge.WithClaims(c => c["exp"] = Seconds(-29))).Token.ShouldNotBeNull();
        Forge.Tokens.Verify(Forge.WithClaims(c => c["nbf"] = Seconds(30))).Token.ShouldNotBeNull();
    }

    [Fact]
    public void A_client_learns_that_its_token_has_expired() =>
        Forge
            .Tokens.Verify(Forge.WithClaims(c => c["exp"] = Seconds(-3600)))
            .Refusal.ShouldBe("The access token has expired.");

    [Fact]
    public void A_token_of_another_installation_is_refused()
    {
        var other = new SigningKeys(new MasterKey([.. Enumerable.Repeat((byte)7, 32)]));
        var tokens = new AccessTokens(other, Options.Create(new AccountsSettings()), Forge.Clock);
        Forge.Tokens.Verify(tokens.Issue(Forge.Session, Forge.Member)).Token.ShouldBeNull();
    }

    private static string Part(int index) => Good.Split('.')[index];

    private static long Seconds(int fromNow) => TokenForge.Start.ToUnixTimeSeconds() + fromNow;

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static string Encoded(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static string SignedByItsOwnJwk()
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = own.ExportParameters(false).Q;
        var header = TokenForge.Encode(
            $$$"""{"alg":"ES256","typ":"at+jwt","jwk":{"kty":"EC","crv":"P-256","x":"{{{Encoded(q.X!)}}}","y":"{{{Encoded(q.Y!)}}}"}}"""
        );
        return $"{header}.{Part(1)}.{Encoded(Es256.Sign(own, Ascii($"{header}.{Part(1)}")))}";
    }

    private static string WithTheOtherS()
    {
        var order = BigInteger.Parse(
            "0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
            NumberStyles.HexNumber,
            CultureInfo.InvariantCulture
        );
        var signature = Base64Url.DecodeFromChars(Part(2));
        var s = order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        s.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(signature, 32); // the high s has its full 32 bytes
        Es256.Verify(Forge.Key.Key, Ascii($"{Part(0)}.{Part(1)}"), signature).ShouldBeTrue();
        return $"{Part(0)}.{Part(1)}.{Encoded(signature)}";
    }

    // 64 bytes are 85 characters and 2 bits: the last character's other 4 bits are zero.
    private static string WithAStrayBit()
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return Good[..^1] + alphabet[alphabet.IndexOf(Good[^1], StringComparison.Ordinal) | 1];
    }
}
