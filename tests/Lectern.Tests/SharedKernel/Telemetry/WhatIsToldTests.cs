using System.Net;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Host.Settings;
using Lectern.SharedKernel.Mail;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.SharedKernel.Telemetry;

/// <summary>Which attack leaves which line, over HTTP, and that no line says more than ids.</summary>
public sealed class WhatIsToldTests : IAsyncLifetime
{
    private const string Email = "jane.canary@example.com";

    private readonly SecurityLines _log = new();
    private ApiHost _api = null!;
    private JsonNode _tokens = null!;

    private string Access => _tokens["accessToken"]!.GetValue<string>();

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule()],
            services =>
            {
                SignedUp.QuickPasswords(services);
                services.Replace(ServiceDescriptor.Singleton<IMailer>(new BrokenMailer()));
                services.AddSingleton<ILoggerProvider>(_log);
            },
            new Dictionary<string, string?> { ["Lectern:Billing:Payments:SigningSecrets:0"] = "whsec_canary_secret" },
            runWorkers: true,
            new RateLimitSettings { RefusalsPerMinute = 3, RefusalsBurst = 3 }
        );
        _tokens = await SignedUp.TokensAsync(_api, Email);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Each_refusal_leaves_its_line_and_no_line_names_anybody()
    {
        for (var i = 0; i < 4; i++)
            await _api.PostAsync("/auth/login", new { email = Email, password = "canary wrong" });
        await _api.GetAsync("/me", "canary.forged.token");
        await _api.GetAsync("/me", "lk_canary_key");
        await _api.GetAsync("/admin/people", Access);
        await _api.PostAsync("/auth/refresh", new { refreshToken = "lrt_canary" });
        await _api.PostAsync("/auth/logout", new { }, Access);
        await _api.GetAsync("/me", Access);

        _log.Of("sign_in_failed").Count.ShouldBe(3);
        ((string)_log.Of("sign_in_failed")[0]["subject"]!).ShouldStartWith("person_");
        ((string)_log.Of("sign_in_failed")[0]["route"]!).ShouldBe("/api/v1/auth/login");
        _log.Of("sign_in_locked").Single()["reason"].ShouldBe("sign-in-refusals");
        _log.Of("token_refused").Select(line => line["reason"]).ShouldBe(["invalid", "revoked"]);
        _log.Of("api_key_refused").Count.ShouldBe(1);
        var probed = _log.Of("access_refused").Single();
        (probed["reason"], probed["route"]).ShouldBe(("platform", (object)"/api/v1/admin/people"));
        probed["person"].ShouldBeOfType<Guid>();
        _log.Of("refresh_refused").Single()["reason"].ShouldBe("unknown");
        var all = _log.ToString();
        all.ShouldNotContain("canary", Case.Insensitive);
        all.ShouldNotContain("127.0.0.1");
        all.ShouldNotContain(Access[..20]);
    }

    [Fact]
    public async Task A_refresh_token_that_two_have_is_told_and_so_is_a_payment_that_nobody_signed()
    {
        var refresh = _tokens["refreshToken"]!.GetValue<string>();
        using (var first = await _api.PostAsync("/auth/refresh", new { refreshToken = refresh }))
            first.StatusCode.ShouldBe(HttpStatusCode.OK);
        await using (var session = _api.Store.OpenWorkerSession(new(Guid.Empty, "system", Guid.Empty)))
        {
            session.Execute(
                "update accounts.refresh_tokens set used_at = used_at - interval '1 hour' where used_at is not null"
            );
            await session.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        using (var again = await _api.PostAsync("/auth/refresh", new { refreshToken = refresh }))
            again.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using (var forged = await _api.PostAsync("/payments/webhook", new { id = "evt_1" }))
            (await forged.RefusalAsync()).ShouldEndWith("bad-signature");

        ((string)_log.Of("refresh_reused").Single()["subject"]!).ShouldStartWith("session_");
        _log.Of("signature_wrong").Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_lines_of_a_message_have_the_trace_of_the_request_that_caused_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/password/forgot")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { email = Email }),
        };
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        using var answer = await _api.Client.SendAsync(request, TestContext.Current.CancellationToken);
        ((int)answer.StatusCode).ShouldBeLessThan(300);

        var failed = await Eventually.IsAsync(
            () => Task.FromResult(_log.Lines("Lectern.Eventing.QueueRunner")),
            lines => lines.Exists(line => $"{line["text"]}".Contains("failed (attempt", StringComparison.Ordinal)),
            "the mail that can't be sent is told"
        );

        failed.ShouldAllBe(line =>
            (string?)line.GetValueOrDefault("CorrelationId") == "4bf92f3577b34da6a3ce929d0e0e4736"
        );
        // A request is told of when it is over, which its answer doesn't wait for.
        var told = await Eventually.IsAsync(
            () =>
                Task.FromResult(
                    _log.Lines("Lectern.Host.Http.RequestMiddleware")
                        .FindAll(line => $"{line["Path"]}" == "/api/v1/auth/password/forgot")
                ),
            lines => lines.Count > 0,
            "the request is told of"
        );
        told.ShouldHaveSingleItem()["CorrelationId"].ShouldBe("4bf92f3577b34da6a3ce929d0e0e4736");
    }

    private sealed class BrokenMailer : IMailer
    {
        public Task SendAsync(Lectern.SharedKernel.Mail.Mail mail, CancellationToken cancel) =>
            throw new IOException("The mail server is away.");
    }
}
