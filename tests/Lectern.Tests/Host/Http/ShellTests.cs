using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lectern.Host.Http;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Lectern.Tests.Host.Http;

/// <summary>What surrounds every endpoint, over a real connection.</summary>
public sealed class ShellTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_root_leads_to_every_other_address()
    {
        await using var host = await RunningHost.StartAsync();
        var root = await JsonAsync(host, "/");

        root.GetProperty("name").GetString().ShouldBe("Lectern");
        foreach (
            var link in root.GetProperty("links")
                .EnumerateObject()
                .Where(link => link.Name is not "api" and not "health")
        )
        {
            using var response = await host.Client.GetAsync(link.Value.GetString(), Cancellation);
            ((int)response.StatusCode).ShouldBeLessThan(400, link.Value.GetString());
        }
    }

    [Fact]
    public async Task Without_its_database_the_host_lives_but_is_not_ready_and_says_why()
    {
        await using var host = await RunningHost.StartAsync();

        (await JsonAsync(host, "/health/live")).GetProperty("status").GetString().ShouldBe("live");
        using var response = await host.Client.GetAsync("/health/ready", Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;
        body.GetProperty("status").GetString().ShouldBe("unavailable");
        var checks = body.GetProperty("checks")
            .EnumerateArray()
            .ToDictionary(check => check.GetProperty("name").GetString()!);
        checks["database"].GetProperty("reason").GetString().ShouldBe("The database does not answer.");
        checks["storage"].GetProperty("status").GetString().ShouldBe("healthy");
    }

    [Fact]
    public async Task The_description_is_openapi_3_1_and_says_how_to_authenticate()
    {
        await using var host = await RunningHost.StartAsync();
        var document = await JsonAsync(host, "/openapi/v1.json");

        document.GetProperty("openapi").GetString()!.ShouldStartWith("3.1");
        document
            .GetProperty("components")
            .GetProperty("securitySchemes")
            .GetProperty("bearer")
            .GetProperty("scheme")
            .GetString()
            .ShouldBe("bearer");
    }

    [Fact]
    public async Task An_endpoints_example_and_refusals_are_in_the_description()
    {
        var module = new TestModule(api =>
            api.MapPost("/letters", (Letter letter) => letter)
                .WithSummary("Send a letter")
                .WithExample(new Letter("Dear reader"), new Letter("Dear writer"))
                .WithProblems(CommonProblems.Conflict)
        );
        await using var host = await RunningHost.StartAsync(module);
        var operation = (await JsonAsync(host, "/openapi/v1.json"))
            .GetProperty("paths")
            .GetProperty("/api/v1/letters")
            .GetProperty("post");

        operation
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("example")
            .GetProperty("text")
            .GetString()
            .ShouldBe("Dear reader");
        var responses = operation.GetProperty("responses");
        responses
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("example")
            .GetProperty("text")
            .GetString()
            .ShouldBe("Dear writer");
        responses
            .GetProperty("409")
            .GetProperty("content")
            .GetProperty("application/problem+json")
            .GetProperty("examples")
            .TryGetProperty("conflict", out _)
            .ShouldBeTrue();
        responses.TryGetProperty("401", out _).ShouldBeTrue("it needs a token, since it doesn't say that it doesn't");
        operation.GetProperty("security").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_metrics_page_is_prometheus_text_with_request_durations_by_route()
    {
        await using var host = await RunningHost.StartAsync();
        await host.Client.GetStringAsync("/version", Cancellation);
        using var response = await host.Client.GetAsync("/metrics", Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        var line = new Regex(
            @"^(# (HELP|TYPE) [a-zA-Z_][a-zA-Z0-9_]* .*|[a-zA-Z_][a-zA-Z0-9_]*(\{[a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\.)*""(,[a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\.)*"")*\})? (NaN|[+-]Inf|-?[0-9.]+(E[+-]?[0-9]+)?))$"
        );
        foreach (var each in text.TrimEnd('\n').Split('\n'))
            line.IsMatch(each).ShouldBeTrue(each);
        text.ShouldMatch(@"http_server_request_duration_seconds_count\{[^}]*http_route=""/version""[^}]*\} [1-9]");
        text.ShouldContain("# TYPE http_server_request_duration_seconds histogram");
        text.ShouldMatch("dotnet_process_memory_working_set_bytes [1-9]");
    }

    [Fact]
    public async Task The_pages_load_nothing_from_elsewhere_and_may_run_only_our_scripts()
    {
        await using var host = await RunningHost.StartAsync();
        foreach (var page in new[] { "/docs/index.html", "/redoc" })
        {
            using var response = await host.Client.GetAsync(page, Cancellation);
            var html = await response.Content.ReadAsStringAsync(Cancellation);

            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("script-src 'self';");
            Regex.IsMatch(html, @"<script(?![^>]*src=)[^>]*>").ShouldBeFalse("an inline script would be blocked");
            foreach (Match source in Regex.Matches(html, @"(?:src|href)=""([^""]+)"""))
            {
                var address = new Uri(new Uri(host.Client.BaseAddress!, page), source.Groups[1].Value);
                address.Host.ShouldBe("127.0.0.1");
                using var loaded = await host.Client.GetAsync(address, Cancellation);
                loaded.StatusCode.ShouldBe(HttpStatusCode.OK, address.ToString());
            }
        }
    }

    [Fact]
    public async Task Every_answer_names_its_request_and_carries_the_security_headers()
    {
        await using var host = await RunningHost.StartAsync();
        using var given = new HttpRequestMessage(HttpMethod.Get, "/version");
        given.Headers.Add("X-Request-Id", "my-request.1");
        given.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        using var answer = await host.Client.SendAsync(given, Cancellation);

        answer.Headers.GetValues("X-Request-Id").ShouldBe(["my-request.1"]);
        answer.Headers.GetValues("traceparent").Single().ShouldStartWith("00-4bf92f3577b34da6a3ce929d0e0e4736-");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.Contains("Server").ShouldBeFalse();

        using var forged = new HttpRequestMessage(HttpMethod.Get, "/version");
        forged.Headers.TryAddWithoutValidation("X-Request-Id", "a b\"<c>");
        using var other = await host.Client.SendAsync(forged, Cancellation);
        other.Headers.GetValues("X-Request-Id").Single().Length.ShouldBe(32);
    }

    [Theory]
    [InlineData("?token=abc&x=1", "?token=***&x=1")]
    [InlineData("?x=1&Ticket=abc", "?x=1&Ticket=***")]
    [InlineData("?access_token=a%26b", "?access_token=***")]
    [InlineData("?artifact=a&exp=1&sig=abc", "?artifact=a&exp=1&sig=***")]
    [InlineData("?state=abc&code=def&iss=x", "?state=***&code=***&iss=x")]
    [InlineData("?tokens=3&design=x", "?tokens=3&design=x")]
    [InlineData("?q=1&anything=lk_abc&x=1", "?q=1&anything=***&x=1")]
    [InlineData("?lk_x=1", "?lk_x=1")]
    [InlineData(null, "")]
    public void Logged_queries_open_no_doors(string? query, string logged) =>
        QueryRedaction.Redact(query).ShouldBe(logged);

    [Fact]
    public async Task Only_listed_origins_may_call_with_credentials()
    {
        await using var host = await RunningHost.StartAsync(
            settings: new() { ["Lectern:Http:CorsOrigins:0"] = "https://app.example.com" }
        );

        (await AllowedAsync("https://app.example.com")).ShouldBe("https://app.example.com");
        (await AllowedAsync("https://evil.example.com")).ShouldBeNull();

        async Task<string?> AllowedAsync(string origin)
        {
            // also on errors, which a page must be able to read
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/absent");
            request.Headers.Add("Origin", origin);
            using var response = await host.Client.SendAsync(request, Cancellation);
            if (!response.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed))
                return null;
            response.Headers.GetValues("Access-Control-Allow-Credentials").ShouldBe(["true"]);
            return allowed.Single();
        }
    }

    [Fact]
    public async Task A_host_name_that_is_not_allowed_is_refused_with_a_problem()
    {
        await using var host = await RunningHost.StartAsync(
            settings: new() { ["Lectern:Http:AllowedHosts:0"] = "lectern.example.com" }
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, "/version");
        request.Headers.Host = "evil.example.com";
        using var response = await host.Client.SendAsync(request, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");

        using var good = new HttpRequestMessage(HttpMethod.Get, "/version");
        good.Headers.Host = "lectern.example.com";
        using var answered = await host.Client.SendAsync(good, Cancellation);
        answered.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null, "127.0.0.1 http")]
    [InlineData("10.0.0.0/8", "127.0.0.1 http")]
    [InlineData("127.0.0.0/8", "203.0.113.7 https")]
    public async Task Forwarded_headers_are_believed_from_trusted_proxies_only(string? trusted, string seen)
    {
        var module = new TestModule(api =>
            api.MapGet(
                "/who",
                (HttpContext context) => $"{context.Connection.RemoteIpAddress} {context.Request.Scheme}"
            )
        );
        await using var host = await RunningHost.StartAsync(
            module,
            trusted is null ? null : new() { ["Lectern:Http:TrustedProxies:0"] = trusted }
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/who");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var response = await host.Client.SendAsync(request, Cancellation);
        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldBe(seen);
    }

    private static async Task<JsonElement> JsonAsync(RunningHost host, string path) =>
        JsonDocument.Parse(await host.Client.GetStringAsync(path, Cancellation)).RootElement;

    private sealed record Letter(string Text);
}
