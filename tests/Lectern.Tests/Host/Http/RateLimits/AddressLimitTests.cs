using System.Globalization;
using System.Net;
using Lectern.Host.Http.RateLimits;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Host.Http.RateLimits;

/// <summary>The limits on an address, over real connections.</summary>
public sealed class AddressLimitTests : IAsyncLifetime
{
    private readonly HandMovedClock _clock = new();
    private RunningHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _host = await StartAsync(
            ("AddressPerMinute", "60"),
            ("AddressBurst", "3"),
            ("SignInPerMinute", "6"),
            ("SignInBurst", "2")
        );

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Every_answer_tells_what_is_left()
    {
        using var ok = await GetAsync("/version");
        using var absent = await GetAsync("/nothing");

        Headers(ok).ShouldBe(("\"address\";q=3;w=3", "\"address\";r=2;t=1"));
        absent.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        Headers(absent).ShouldBe(("\"address\";q=3;w=3", "\"address\";r=1;t=2"));
    }

    [Fact]
    public async Task Too_many_are_refused_and_told_which_limit_and_how_long_and_that_is_true()
    {
        for (var i = 0; i < 3; i++)
            (await GetAsync("/version")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await GetAsync("/version");

        (await refused.RefusalAsync()).ShouldBe("429 rate-limited");
        Headers(refused).ShouldBe(("\"address\";q=3;w=3", "\"address\";r=0;t=3"));
        refused.Headers.RetryAfter!.ToString().ShouldBe("1");
        var problem = await refused.JsonAsync();
        ((string?)problem["violated-policies"]!.AsArray().ShouldHaveSingleItem()).ShouldBe("address");
        ((string?)problem["detail"]).ShouldBe("The limit 'address' allows 60 in 1 min, and 3 at once.");

        _clock.Pass(
            TimeSpan.FromSeconds(int.Parse(refused.Headers.RetryAfter.ToString(), CultureInfo.InvariantCulture))
        );
        (await GetAsync("/version")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_checks_credentials_has_a_tighter_limit_of_its_own()
    {
        using var first = await GetAsync("/api/v1/door");
        Headers(first)
            .ShouldBe(("\"address\";q=3;w=3, \"sign-in\";q=2;w=20", "\"address\";r=2;t=1, \"sign-in\";r=1;t=10"));
        await GetAsync("/api/v1/door");
        using var refused = await GetAsync("/api/v1/door");

        (await refused.RefusalAsync()).ShouldBe("429 rate-limited");
        ((string?)(await refused.JsonAsync())["violated-policies"]![0]).ShouldBe("sign-in");
        refused.Headers.RetryAfter!.ToString().ShouldBe("10");
        _clock.Pass(TimeSpan.FromSeconds(10));
        (await GetAsync("/api/v1/door")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/metrics")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs/index.html")]
    [InlineData("/redoc")]
    public async Task What_watches_over_the_host_and_the_documents_have_no_limit(string path)
    {
        for (var i = 0; i < 5; i++)
        {
            using var answer = await GetAsync(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Headers.Contains("RateLimit").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task An_address_that_the_client_makes_up_counts_for_nothing()
    {
        for (var i = 0; i < 3; i++)
            (await GetAsync("/version", $"192.0.2.{i}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await (await GetAsync("/version", "192.0.2.9")).RefusalAsync()).ShouldBe("429 rate-limited");
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_each_client_has_its_own()
    {
        await using var host = await StartAsync(
            ("AddressPerMinute", "60"),
            ("AddressBurst", "1"),
            ("../Http:TrustedProxies:0", "127.0.0.1")
        );
        foreach (
            var (address, status) in new[]
            {
                ("192.0.2.1", 200),
                ("192.0.2.2", 200),
                ("192.0.2.1", 429),
                ("2001:db8:1:2::1", 200),
                ("2001:db8:1:2:ffff::2", 429), // of the same network
                ("2001:db8:1:3::1", 200),
            }
        )
        {
            using var answer = await GetAsync("/version", address, host);
            ((int)answer.StatusCode).ShouldBe(status, address);
        }
    }

    [Fact]
    public async Task Zero_is_no_limit()
    {
        await using var host = await StartAsync(("AddressPerMinute", "0"), ("AddressBurst", "1"));

        for (var i = 0; i < 5; i++)
            (await GetAsync("/version", host: host)).Headers.Contains("RateLimit").ShouldBeFalse();
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("0.0.0.0", "::", false)]
    [InlineData("192.0.2.1", "c000:201::", false)]
    public void An_address_counts_alone_in_IPv4_and_with_its_network_in_IPv6(string one, string other, bool same) =>
        (RequestLimits.KeyOf(IPAddress.Parse(one)) == RequestLimits.KeyOf(IPAddress.Parse(other))).ShouldBe(same);

    private Task<RunningHost> StartAsync(params (string Name, string Value)[] settings) =>
        RunningHost.StartAsync(
            new TestModule(api =>
                api.MapGet("/door", () => "open").AllowAnonymous().WithSummary("A door").LimitedAs(RateLimit.SignIn)
            ),
            settings.ToDictionary(
                setting =>
                    setting.Name.StartsWith("../", StringComparison.Ordinal)
                        ? $"Lectern:{setting.Name[3..]}"
                        : $"Lectern:RateLimits:{setting.Name}",
                setting => (string?)setting.Value
            ),
            builder => builder.Services.AddSingleton<TimeProvider>(_clock)
        );

    private async Task<HttpResponseMessage> GetAsync(string path, string? forwardedFor = null, RunningHost? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (forwardedFor is not null)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        return await (host ?? _host).Client.SendAsync(request, Cancel);
    }

    private static (string Policy, string Remaining) Headers(HttpResponseMessage answer) =>
        (answer.Headers.GetValues("RateLimit-Policy").Single(), answer.Headers.GetValues("RateLimit").Single());
}
