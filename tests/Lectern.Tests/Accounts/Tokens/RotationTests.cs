using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Accounts.Tokens;

/// <summary>Two hosts of one installation.</summary>
public sealed class RotationTests : IAsyncLifetime
{
    // Hosts look every second; this leaves a slow machine some more.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(3);

    private ApiHost _one = null!;
    private ApiHost _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _one = await ApiHost.StartAsync([new AccountsModule()], SignedUp.QuickPasswords);
        _other = await ApiHost.StartAsync([new AccountsModule()], SignedUp.QuickPasswords, twinOf: _one);
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _one.DisposeAsync();
    }

    [Fact]
    public async Task A_rotation_refuses_no_request_on_any_host()
    {
        var first = await SignedUp.TokensAsync(_one);
        var old = Access(first);
        var refresh = (string)first["refreshToken"]!;
        var (requests, rounds) = (0, 0);
        ApiHost[] hosts = [_one, _other];
        var newOnes = new HashSet<ApiHost>();
        var rotated = Stopwatch.StartNew();
        (await Keys(_one).RotateAsync(Delay, Cancel)).Done.ShouldBeTrue();

        // Requests without a pause, until both hosts sign with the new key, and for a while longer.
        for (var after = 0; after < 50; rounds++)
        {
            var issuer = hosts[rounds % 2];
            var answer = await issuer.PostAsync("/auth/refresh", new { refreshToken = refresh });
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var next = await answer.JsonAsync();
            refresh = (string)next["refreshToken"]!;
            foreach (var token in (string[])[old, Access(next)])
            foreach (var host in hosts)
            {
                (await host.GetAsync("/me", token)).StatusCode.ShouldBe(
                    HttpStatusCode.OK,
                    $"{KeyOf(token)} after {rotated.Elapsed}"
                );
                requests++;
            }

            if (KeyOf(Access(next)) != KeyOf(old))
                newOnes.Add(issuer);
            if (newOnes.Count == 2)
                after++;
            rotated.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), "both hosts sign with the new key");
        }

        requests.ShouldBeGreaterThan(200);
        rotated.Elapsed.ShouldBeGreaterThan(Delay);
        foreach (var host in hosts)
            (await PublishedAsync(host)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_new_key_is_published_before_it_signs()
    {
        var before = await PublishedAsync(_other);

        await Keys(_one).RotateAsync(TimeSpan.FromHours(1), Cancel);

        var published = await Eventually.IsAsync(
            () => PublishedAsync(_other),
            keys => keys.Count == 2,
            "the other host publishes the new key"
        );
        KeyOf(Access(await SignedUp.TokensAsync(_other))).ShouldBe(before.ShouldHaveSingleItem());
        published[0].ShouldBe(before[0]);
    }

    [Fact]
    public async Task The_old_key_is_accepted_until_its_last_token_has_expired_and_no_longer()
    {
        var old = Access(await SignedUp.TokensAsync(_one));
        await Keys(_one).RotateAsync(TimeSpan.Zero, Cancel);
        await using var session = _one.Store.OpenWorkerSession(
            new SessionContext(Guid.Empty, "system", Guid.NewGuid())
        );
        var left = await session.QueryAsync(
            "select verifies_until - now() from accounts.signing_keys where generation = 1",
            row => row.GetTimeSpan(0),
            Cancel
        );
        left.Single().ShouldBe(TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(1)); // 15 of the token, and 5
        var feed = _one.Services.GetRequiredService<SecurityFeed>();
        await feed.RefreshAsync(Cancel);
        (await _one.GetAsync("/me", old)).StatusCode.ShouldBe(HttpStatusCode.OK);

        session.Execute("update accounts.signing_keys set verifies_until = now() where generation = 1");
        await session.SaveChangesAsync(Cancel);
        await feed.RefreshAsync(Cancel);

        // On a host that has not seen the token: one that has remembers it until it expires, which it has by then.
        await _other.Services.GetRequiredService<SecurityFeed>().RefreshAsync(Cancel);
        (await (await _other.GetAsync("/me", old)).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await PublishedAsync(_one)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_can_be_rotated_again_before_it_signs()
    {
        await Keys(_one).RotateAsync(TimeSpan.FromHours(1), Cancel);
        await Keys(_other).RotateAsync(TimeSpan.Zero, Cancel);
        await _one.Services.GetRequiredService<SecurityFeed>().RefreshAsync(Cancel);

        var tokens = await SignedUp.TokensAsync(_one);

        (await _one.GetAsync("/me", Access(tokens))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await PublishedAsync(_one))[^1].ShouldBe(KeyOf(Access(tokens)));
        (await PublishedAsync(_one)).Count.ShouldBe(3);
    }

    private static SigningKeyOperations Keys(ApiHost host) => host.Services.GetRequiredService<SigningKeyOperations>();

    private static string Access(JsonNode tokens) => (string)tokens["accessToken"]!;

    private static string KeyOf(string token) =>
        (string)JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[0]))!["kid"]!;

    private static async Task<List<string>> PublishedAsync(ApiHost host)
    {
        var answer = await host.Client.GetAsync("/.well-known/jwks.json", Cancel);
        return [.. (await answer.JsonAsync())["keys"]!.AsArray().Select(key => (string)key!["kid"]!)];
    }
}
