using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Secrets;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Accounts.Tokens;

/// <summary>Makes good tokens, and bad ones that differ from a good one in one thing.</summary>
internal sealed class TokenForge
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    // "at+jwt" as it stands: by default + is written as an escape.
    private static readonly JsonSerializerOptions Unescaped = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public TokenForge()
    {
        Tokens = new AccessTokens(Keys, Options.Create(new AccountsSettings()), Clock);
    }

    public ManualClock Clock { get; } = new(Start);

    public SigningKeys Keys { get; } = new(new MasterKey(new byte[MasterKey.Length]));

    public SigningKey Key => Keys.Current;

    public AccessTokens Tokens { get; }

    public Guid Session { get; } = Guid.CreateVersion7();

    public Membership Member { get; } =
        new(Guid.CreateVersion7(), Guid.CreateVersion7(), Role.Editor, Guid.CreateVersion7(), IsPlatformAdmin: false);

    /// <summary>Whom its good tokens name.</summary>
    public Caller Caller => new(Member.Person, Member.Workspace, Member.Role) { Session = Session };

    public string Good() => Tokens.Issue(Session, Member);

    /// <summary>A token of our key whose claims were changed.</summary>
    public string WithClaims(Action<JsonObject> change)
    {
        var now = Start.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = "lectern",
            ["aud"] = "lectern-api",
            ["sub"] = AccountIds.Person(Caller.Person),
            ["ws"] = AccountIds.Workspace(Caller.Workspace),
            ["role"] = "editor",
            ["sid"] = AccountIds.Session(Session),
            ["mem"] = Member.Stamp!.Value.ToString("n"),
            ["adm"] = false,
            ["jti"] = "x",
            ["iat"] = now,
            ["nbf"] = now,
            ["exp"] = now + 900,
        };
        change(claims);
        return Tokens.Sign(Encoding.UTF8.GetBytes(claims.ToJsonString()));
    }

    /// <summary>A token whose header was changed, signed by our key as a real issuer would.</summary>
    public string WithHeader(Action<JsonObject> change)
    {
        var parts = Good().Split('.');
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!.AsObject();
        change(header);
        var signed = $"{Encode(header.ToJsonString(Unescaped))}.{parts[1]}";
        return $"{signed}.{Base64Url.EncodeToString(Es256.Sign(Key.Key, Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}

/// <summary>A clock that stands still until it is set.</summary>
internal sealed class ManualClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
