using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.OpenId;

/// <summary>Sign-in at a real issuer: real redirects, real keys, and an issuer or a browser that lies in one thing.</summary>
public sealed class OpenIdTests : IAsyncLifetime
{
    private const string Jane = "jane@example.com";
    private const string Refused = "401 openid-refused";
    private TestIssuer _issuer = null!;
    private ApiHost _api = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _issuer.Person = JanesClaims();
        _api = await HostAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Who_is_new_gets_an_account_and_is_the_same_person_the_next_time(string algorithm)
    {
        _issuer.Algorithm = algorithm;
        using var first = await new Browser(_api).SignInAsync();

        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        first.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var me = await (await _api.MeAsync(await first.JsonAsync())).JsonAsync();
        me["email"]!.GetValue<string>().ShouldBe(Jane);
        me["name"]!.GetValue<string>().ShouldBe("Jane");

        _issuer.Person["email"] = "jane@moved.example"; // the subject decides, not the address
        using var second = await new Browser(_api).SignInAsync();
        var again = await (await _api.MeAsync(await second.JsonAsync())).JsonAsync();
        again["id"]!.GetValue<string>().ShouldBe(me["id"]!.GetValue<string>());
        (await _api.CountAsync("select count(*) from accounts.people where email_verified_at is not null")).ShouldBe(1);
        (await _api.CountAsync("select count(*) from accounts.sessions where method = 'openid'")).ShouldBe(2);
        (await _api.CountAsync("select count(*) from accounts.audit_log where action = 'identities.linked'")).ShouldBe(
            1
        );
    }

    [Fact]
    public async Task The_browser_is_sent_with_PKCE_state_and_nonce_and_gets_a_cookie_that_no_script_reads()
    {
        var browser = new Browser(_api);
        using var begin = await browser.GetAsync("/api/v1/auth/oidc/test");

        var query = begin.Headers.Location!.Query;
        foreach (var name in (string[])["state=", "nonce=", "code_challenge=", "code_challenge_method=S256"])
            query.ShouldContain(name);
        query.ShouldContain(
            "redirect_uri=" + Uri.EscapeDataString("http://localhost:8080/api/v1/auth/oidc/test/callback")
        );
        browser.Cookie!.ShouldContain("httponly");
        browser.Cookie!.ShouldContain("samesite=lax");
        browser.Cookie!.ShouldContain("path=/api/v1/auth/oidc");
        browser.Cookie!.ShouldContain("max-age=600");
    }

    [Fact]
    public async Task An_account_is_linked_by_an_address_that_both_sides_have_confirmed()
    {
        var before = await _api.RegisterAsync(Jane);

        using var signedIn = await new Browser(_api).SignInAsync();

        var me = await (await _api.MeAsync(await signedIn.JsonAsync())).JsonAsync();
        me["id"]!.GetValue<string>().ShouldBe(before["person"]!["id"]!.GetValue<string>());
        (await _api.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_address_that_the_issuer_does_not_vouch_for_opens_no_account_and_tells_of_none()
    {
        await _api.RegisterAsync(Jane);
        foreach (var verified in new JsonNode?[] { null, false, "false", 1 })
        {
            _issuer.Person = JanesClaims();
            _issuer.Person["email_verified"] = verified?.DeepClone();
            using var known = await new Browser(_api).SignInAsync();
            _issuer.Person["email"] = "nobody@example.com";
            using var unknown = await new Browser(_api).SignInAsync();

            (await known.RefusalAsync()).ShouldBe("403 openid-email-unverified");
            (await WithoutTraceAsync(known)).ShouldBe(await WithoutTraceAsync(unknown));
        }

        (await _api.CountAsync("select count(*) from accounts.people")).ShouldBe(1);
        (await _api.CountAsync("select count(*) from accounts.external_identities")).ShouldBe(0);
    }

    [Fact]
    public async Task An_account_whose_address_was_never_confirmed_here_is_not_linked()
    {
        await _api.RegisterAsync(Jane); // by somebody else, say
        await _api.ExecuteAsync("update accounts.people set email_verified_at = null");

        (await (await new Browser(_api).SignInAsync()).RefusalAsync()).ShouldBe("409 openid-not-linked");

        (await _api.CountAsync("select count(*) from accounts.external_identities")).ShouldBe(0);
    }

    [Fact]
    public async Task An_address_that_the_issuer_gave_to_somebody_else_does_not_open_its_first_owners_account()
    {
        (await new Browser(_api).SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        _issuer.Person["sub"] = "another person";

        (await (await new Browser(_api).SignInAsync()).RefusalAsync()).ShouldBe("409 openid-not-linked");

        (await _api.CountAsync("select count(*) from accounts.external_identities")).ShouldBe(1);
    }

    [Fact]
    public async Task Who_was_disabled_is_refused()
    {
        (await new Browser(_api).SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        await _api.ExecuteAsync("update accounts.people set disabled_at = now()");

        (await (await new Browser(_api).SignInAsync()).RefusalAsync()).ShouldBe(Refused);
    }

    [Theory]
    [InlineData("closed", "403 registration-closed")]
    [InlineData("invitation", "403 invitation-needed")]
    public async Task Where_not_everybody_may_sign_up_only_known_people_sign_in(string mode, string refusal)
    {
        await using var narrow = await HostAsync(("Registration", mode));
        await narrow.AdministratorAsync("admin@example.com");

        (await (await new Browser(narrow).SignInAsync()).RefusalAsync()).ShouldBe(refusal);
        _issuer.Person["email"] = "admin@example.com";
        (await new Browser(narrow).SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    public static TheoryData<string> Lies =>
        [
            "nonce",
            "no nonce",
            "aud",
            "two audiences",
            "azp",
            "iss",
            "expired",
            "no exp",
            "old iat",
            "future iat",
            "future nbf",
            "no sub",
            "kid",
            "no kid",
            "crit",
            "typ",
            "alg of another key",
        ];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task An_ID_token_that_is_wrong_in_one_thing_is_refused(string lie)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        _issuer.Lie = (header, claims) =>
        {
            _ = lie switch
            {
                "nonce" => claims["nonce"] = "another",
                "no nonce" => claims.Remove("nonce"),
                "aud" => claims["aud"] = "somebody-else",
                "two audiences" => claims["aud"] = new JsonArray(TestIssuer.ClientId, "somebody-else"),
                "azp" => claims["azp"] = "somebody-else",
                "iss" => claims["iss"] = "https://issuer.example",
                "expired" => claims["exp"] = now - 60,
                "no exp" => claims.Remove("exp"),
                "old iat" => claims["iat"] = now - 3600,
                "future iat" => claims["iat"] = now + 3600,
                "future nbf" => claims["nbf"] = now + 3600,
                "no sub" => claims["sub"] = "",
                "kid" => header["kid"] = "unknown",
                "no kid" => header.Remove("kid"),
                "crit" => header["crit"] = new JsonArray("b64"),
                "typ" => header["typ"] = "at+jwt",
                "alg of another key" => header["alg"] = "ES256",
                _ => throw new ArgumentOutOfRangeException(nameof(lie), lie, null),
            };
        };

        (await (await new Browser(_api).SignInAsync()).RefusalAsync()).ShouldBe(Refused);

        (await _api.CountAsync("select count(*) from accounts.people")).ShouldBe(0);
        _issuer.Lie = (_, _) => { };
        (await new Browser(_api).SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("none", "signed")]
    [InlineData("HS256", "public key")]
    [InlineData("RS256", "another key")]
    [InlineData("RS256", "nothing")]
    [InlineData("RS256", "garbage")]
    public async Task A_signature_that_is_not_the_issuers_is_refused(string algorithm, string by)
    {
        using var other = RSA.Create(2048);
        _issuer.Lie = (header, _) => header["alg"] = algorithm;
        _issuer.Forge = signed =>
        {
            var bytes = Encoding.ASCII.GetBytes(signed);
            byte[] signature = by switch
            {
                "public key" => HMACSHA256.HashData(_issuer.PublicKey, bytes),
                "another key" or "signed" => other.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
                "garbage" => [1, 2, 3],
                _ => [],
            };
            return $"{signed}.{Base64Url.EncodeToString(signature)}";
        };

        (await (await new Browser(_api).SignInAsync()).RefusalAsync()).ShouldBe(Refused);
    }

    [Fact]
    public async Task A_key_that_is_new_is_looked_up_and_an_old_one_is_not_accepted_any_more()
    {
        (await new Browser(_api).SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await new Browser(_api).SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        _issuer.KeySetsServed.ShouldBe(1);

        _issuer.RotateKeys();

        (await new Browser(_api).SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        _issuer.KeySetsServed.ShouldBe(2);
        _issuer.Lie = (header, _) => header["kid"] = "key-1";
        (await (await new Browser(_api).SignInAsync()).RefusalAsync()).ShouldBe(Refused);
    }

    [Fact]
    public async Task A_state_is_good_once()
    {
        var browser = new Browser(_api);
        var back = await browser.SignInAtIssuerAsync();
        var cookie = browser.Cookie;
        (await browser.ComeBackAsync(back)).StatusCode.ShouldBe(HttpStatusCode.OK);
        browser.Cookie!.ShouldStartWith("lectern_oidc=; expires=Thu, 01 Jan 1970");

        using var replay = new HttpRequestMessage(HttpMethod.Get, back.PathAndQuery);
        replay.Headers.Add("Cookie", cookie!.Split(';')[0]);
        (await (await _api.Client.SendAsync(replay, Cancel)).RefusalAsync()).ShouldBe(Refused);

        (await _api.CountAsync("select count(*) from accounts.openid_flows")).ShouldBe(0);
    }

    [Fact]
    public async Task Another_browser_can_not_finish_what_this_one_began()
    {
        var thief = new Browser(_api);
        var link = await thief.SignInAtIssuerAsync(); // as the thief; the link is sent to somebody else
        var withoutCookie = new Browser(_api);
        var inAFlowOfItsOwn = new Browser(_api);
        await inAFlowOfItsOwn.SignInAtIssuerAsync();

        (await (await withoutCookie.ComeBackAsync(link)).RefusalAsync()).ShouldBe(Refused);
        (await (await inAFlowOfItsOwn.ComeBackAsync(link)).RefusalAsync()).ShouldBe(Refused);
        (await _api.CountAsync("select count(*) from accounts.people")).ShouldBe(0);
    }

    [Fact]
    public async Task A_code_that_was_got_with_another_verifier_is_of_no_use()
    {
        var other = Base64Url.EncodeToString(SHA256.HashData("another verifier"u8));
        var browser = new Browser(_api);
        var back = await browser.SignInAtIssuerAsync(there => new Uri(
            there.AbsoluteUri.Replace(Parameter(there, "code_challenge"), other, StringComparison.Ordinal)
        ));

        (await (await browser.ComeBackAsync(back)).RefusalAsync()).ShouldBe(Refused);
        _issuer.Refused.ShouldBe(["invalid_grant: verifier"]);
    }

    [Theory]
    [InlineData("?error=access_denied&state={0}")]
    [InlineData("?state={0}")]
    [InlineData("?code=made-up&state={0}")]
    [InlineData("?code=made-up&state={0}&iss=https://issuer.example")]
    [InlineData("?code=made-up&state=made-up")]
    [InlineData("?code=made-up")]
    [InlineData("")]
    public async Task What_no_issuer_answers_is_refused(string query)
    {
        var browser = new Browser(_api);
        var back = await browser.SignInAtIssuerAsync();

        var path = string.Format(null, query, Parameter(back, "state"));
        (await (await browser.GetAsync("/api/v1/auth/oidc/test/callback" + path)).RefusalAsync()).ShouldBe(Refused);
    }

    [Fact]
    public async Task An_issuer_that_is_not_configured_is_not_there_and_one_that_is_away_is_said_to_be()
    {
        (await (await _api.GetAsync("/auth/oidc/nobody")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await _api.GetAsync("/auth/oidc/nobody/callback?code=x&state=y")).RefusalAsync()).ShouldBe(
            "404 not-found"
        );
        (await (await _api.GetAsync("/auth/oidc/away")).RefusalAsync()).ShouldBe("503 openid-unavailable");
    }

    [Fact]
    public async Task Nothing_of_a_flow_that_could_be_used_is_stored()
    {
        var browser = new Browser(_api);
        var back = await browser.SignInAtIssuerAsync();

        var dump = await _api.DumpAsync();

        dump.ShouldContain("test"); // the flow's row
        dump.ShouldNotContain(Parameter(back, "state"));
        dump.ShouldNotContain(browser.Cookie!.Split(';')[0].Split('=')[1]);
        dump.ShouldNotContain(Parameter(back, "code"));
    }

    private Task<ApiHost> HostAsync(params (string, string)[] settings) =>
        MailedHost.StartAsync(
            settings:
            [
                ("OpenId:test:Issuer", _issuer.Address),
                ("OpenId:test:ClientId", TestIssuer.ClientId),
                ("OpenId:test:ClientSecret", TestIssuer.ClientSecret),
                ("OpenId:away:Issuer", "http://127.0.0.1:9"),
                ("OpenId:away:ClientId", "x"),
                .. settings,
            ]
        );

    private static JsonObject JanesClaims() =>
        new()
        {
            ["sub"] = "1234567890",
            ["email"] = Jane,
            ["email_verified"] = true,
            ["name"] = "Jane",
        };

    private static string Parameter(Uri address, string name) =>
        address.Query.TrimStart('?').Split('&').Single(part => part.StartsWith(name + '=')).Split('=')[1];

    private static async Task<string> WithoutTraceAsync(HttpResponseMessage answer)
    {
        var body = (await answer.JsonAsync()).AsObject();
        body.Remove("traceId").ShouldBeTrue();
        return body.ToJsonString();
    }
}
