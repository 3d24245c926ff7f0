using System.Net;
using System.Net.Http.Json;
using Lectern.Accounts;
using Lectern.Host.Settings;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Host.Http.RateLimits;

/// <summary>The limits on accounts, callers and workspaces. The address of a client is what the test says.</summary>
public sealed class CallerLimitTests : IAsyncLifetime
{
    private const string Email = "jane@example.com";

    private readonly HandMovedClock _clock = new();
    private ApiHost _api = null!;
    private string _token = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal sealed record Letter(string To);

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(
            [
                new AccountsModule(),
                new TestModule(api =>
                {
                    api.MapPost("/letters", (Letter letter) => TypedResults.Ok(letter))
                        .ForThePerson()
                        .LimitedAs<Letter>(RateLimit.Mail, letter => letter.To);
                    api.MapPost("/replays", (Letter letter) => TypedResults.Ok(letter))
                        .ForThePerson()
                        .LimitedAs(RateLimit.Replay);
                }),
            ],
            services =>
            {
                SignedUp.QuickPasswords(services);
                services.AddSingleton<TimeProvider>(_clock);
                services.AddSingleton<IStartupFilter>(new AddressOfTest());
            },
            limits: new RateLimitSettings
            {
                CallerPerMinute = 60,
                CallerBurst = 20,
                WorkspacePerMinute = 60,
                WorkspaceBurst = 30,
                RefusalsPerMinute = 6,
                RefusalsBurst = 3,
                AccountRefusalsPerMinute = 12,
                AccountRefusalsBurst = 8,
                MailPerHourToOne = 2,
                MailPerHourOfCaller = 5,
                MailPerHourOfAddress = 4,
                ReplaysPerMinute = 2,
            }
        );
        _token = (await SignedUp.TokensAsync(_api, Email))["accessToken"]!.GetValue<string>();
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Who_calls_is_limited_from_wherever_they_call()
    {
        using var first = await GetMeAsync("192.0.2.1");
        first
            .Headers.GetValues("RateLimit-Policy")
            .Single()
            .ShouldBe("\"address\";q=6000;w=60, \"caller\";q=20;w=20, \"workspace\";q=30;w=30");
        first
            .Headers.GetValues("RateLimit")
            .Single()
            .ShouldBe("\"address\";r=5999;t=1, \"caller\";r=19;t=1, \"workspace\";r=29;t=1");
        for (var i = 1; i < 20; i++)
            (await GetMeAsync($"192.0.2.{i}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await GetMeAsync("192.0.2.100");

        await RefusedAsync(refused, "caller", 1);
        _clock.Pass(TimeSpan.FromSeconds(1));
        (await GetMeAsync("192.0.2.101")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_workspace_is_limited_whoever_of_it_calls()
    {
        var joe = await MemberOfJanesAsync();
        for (var i = 0; i < 15; i++)
        {
            (await GetMeAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await GetMeAsync(token: joe)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await RefusedAsync(await GetMeAsync(token: joe), "workspace", 1);
    }

    [Fact]
    public async Task A_bad_token_is_nobodys_and_takes_nothing_from_a_caller()
    {
        for (var i = 0; i < 30; i++)
        {
            using var refused = await GetMeAsync(token: _token[..^4] + "AAAA");
            (await refused.RefusalAsync()).ShouldBe("401 unauthenticated");
            refused.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"address\";q=6000;w=60");
        }

        (await GetMeAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Guesses_at_a_password_are_limited_and_then_the_right_one_helps_no_more_until_the_time_is_over()
    {
        for (var i = 0; i < 3; i++)
            (await (await LogInAsync("wrong")).RefusalAsync()).ShouldBe("401 wrong-credentials");

        await RefusedAsync(await LogInAsync("wrong"), "sign-in-refusals", 10);
        await RefusedAsync(await LogInAsync(SignedUp.Password), "sign-in-refusals", 10);

        (await LogInAsync(SignedUp.Password, address: "192.0.2.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _clock.Pass(TimeSpan.FromSeconds(10));
        (await LogInAsync(SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Neither_another_spelling_nor_haste_gives_more_guesses()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => LogInAsync("wrong", i % 2 == 0 ? Email : "JANE@Example.com"))
        );

        answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized).ShouldBe(3);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ShouldBe(17);
    }

    [Fact]
    public async Task Guesses_from_many_addresses_are_limited_for_the_account()
    {
        for (var i = 0; i < 8; i++)
            (await (await LogInAsync("wrong", address: $"192.0.2.{i}")).RefusalAsync()).ShouldBe(
                "401 wrong-credentials"
            );

        await RefusedAsync(await LogInAsync("wrong", address: "192.0.2.100"), "sign-in-account", 5);
        (await (await LogInAsync("wrong", "joe@example.com", "192.0.2.100")).RefusalAsync()).ShouldBe(
            "401 wrong-credentials"
        );
    }

    [Fact]
    public async Task An_address_without_an_account_is_limited_in_the_same_way()
    {
        for (var i = 0; i < 3; i++)
            (await (await LogInAsync("wrong", "nobody@example.com")).RefusalAsync()).ShouldBe("401 wrong-credentials");

        await RefusedAsync(await LogInAsync("wrong", "nobody@example.com"), "sign-in-refusals", 10);
    }

    [Fact]
    public async Task Who_logs_in_well_is_not_counted()
    {
        for (var i = 0; i < 20; i++)
            (await LogInAsync(SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Mail_is_limited_to_one_addressee_by_one_person_and_from_one_address()
    {
        (await WriteAsync("a@example.com", "192.0.2.1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await WriteAsync("a@example.com", "192.0.2.1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(await WriteAsync("a@example.com", "192.0.2.1"), "mail-to", 1800);
        (await WriteAsync("b@example.com", "192.0.2.1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(await WriteAsync("c@example.com", "192.0.2.1"), "mail-address", 900);

        (await WriteAsync("c@example.com", "192.0.2.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(await WriteAsync("d@example.com", "192.0.2.3"), "mail-caller", 720);
        _clock.Pass(TimeSpan.FromSeconds(720));
        (await WriteAsync("d@example.com", "192.0.2.3")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Replays_of_one_person_are_limited()
    {
        (await ReplayAsync("192.0.2.1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReplayAsync("192.0.2.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(await ReplayAsync("192.0.2.3"), "replays", 30);
        (await WriteAsync("a@example.com", "192.0.2.3")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _clock.Pass(TimeSpan.FromSeconds(30));
        (await ReplayAsync("192.0.2.3")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task RefusedAsync(HttpResponseMessage answer, string limit, int seconds)
    {
        (await answer.RefusalAsync()).ShouldBe("429 rate-limited");
        ((string?)(await answer.JsonAsync())["violated-policies"]!.AsArray().ShouldHaveSingleItem()).ShouldBe(limit);
        answer.Headers.RetryAfter!.ToString().ShouldBe($"{seconds}");
        answer.Headers.GetValues("RateLimit").Single().ShouldContain($"\"{limit}\";r=0;t=");
    }

    private Task<HttpResponseMessage> GetMeAsync(string address = "192.0.2.1", string? token = null) =>
        SendAsync(HttpMethod.Get, "/me", null, address, token ?? _token);

    private Task<HttpResponseMessage> LogInAsync(string password, string email = Email, string address = "192.0.2.1") =>
        SendAsync(HttpMethod.Post, "/auth/login", new { email, password }, address, null);

    private Task<HttpResponseMessage> ReplayAsync(string address) =>
        SendAsync(HttpMethod.Post, "/replays", new Letter(""), address, _token);

    private Task<HttpResponseMessage> WriteAsync(string to, string address) =>
        SendAsync(HttpMethod.Post, "/letters", new Letter(to), address, _token);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        object? body,
        string address,
        string? token
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        request.Headers.Add(AddressOfTest.Header, address);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType());
        return await _api.Client.SendAsync(request, Cancel);
    }

    /// <summary>Joe's token for Jane's workspace.</summary>
    private async Task<string> MemberOfJanesAsync()
    {
        var joe = await SignedUp.TokensAsync(_api);
        var (jane, janes) = await IdsAsync(_token);
        var (person, _) = await IdsAsync(joe["accessToken"]!.GetValue<string>());
        await using var session = _api.Store.OpenWorkerSession(new(Guid.Empty, "system", jane));
        session.Execute(
            "insert into accounts.members (workspace_id, person_id, role) values ($1, $2, 'viewer')",
            janes,
            person
        );
        await session.SaveChangesAsync(Cancel);
        _clock.Pass(TimeSpan.FromMinutes(1));
        var answer = await _api.PostAsync(
            "/auth/refresh",
            new
            {
                refreshToken = joe["refreshToken"]!.GetValue<string>(),
                workspace = PublicId.Format("workspace", janes),
            }
        );
        return (await answer.JsonAsync())["accessToken"]!.GetValue<string>();
    }

    private async Task<(Guid Person, Guid Workspace)> IdsAsync(string token)
    {
        var me = await (await _api.GetAsync("/me", token)).JsonAsync();
        PublicId.TryParse("person", (string?)me["id"], out var person).ShouldBeTrue();
        PublicId.TryParse("workspace", (string?)me["workspace"], out var workspace).ShouldBeTrue();
        return (person, workspace);
    }

    /// <summary>The in-memory server has no connections; a header of the test stands for their address.</summary>
    private sealed class AddressOfTest : IStartupFilter
    {
        public const string Header = "Test-Address";

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    (context, rest) =>
                    {
                        if (context.Request.Headers[Header] is [{ } address])
                            context.Connection.RemoteIpAddress = IPAddress.Parse(address);
                        return rest(context);
                    }
                );
                next(app);
            };
    }
}
