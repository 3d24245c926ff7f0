using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lectern.Host.Http;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Lectern.Tests.Host.Http;

/// <summary>Every error of the edge, over a real connection: its status, its type, and what it must not tell.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private RunningHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RunningHost.StartAsync(new TestModule(Map));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("", 400, "malformed-request", "")]
    [InlineData("null", 400, "malformed-request", "")]
    [InlineData("{", 400, "malformed-request", "")]
    [InlineData("{\"title\":\"a\",\"size\":1,}", 400, "malformed-request", "")]
    [InlineData("hello", 400, "malformed-request", "")]
    [InlineData("{\"title\":\"a\",\"title\":\"b\",\"size\":1}", 400, "malformed-request", "")]
    [InlineData(
        "{\"title\":\"a\",\"size\":1,\"colour\":1}",
        422,
        "invalid-values",
        "/colour: is not a property of this request"
    )]
    [InlineData(
        "{\"title\":\"a\",\"size\":1,\"part\":{\"name\":\"x\",\"b\":1}}",
        422,
        "invalid-values",
        "/part/b: is not a property of this request"
    )]
    [InlineData("{\"size\":1}", 422, "invalid-values", "/title: is required")]
    [InlineData("{}", 422, "invalid-values", "/title: is required, /size: is required")]
    [InlineData("{\"title\":null,\"size\":1}", 422, "invalid-values", "/title: must not be null")]
    [InlineData("{\"title\":\"a\",\"size\":\"1\"}", 422, "invalid-values", "/size: must be a number")]
    [InlineData("{\"title\":\"a\",\"size\":1.5}", 422, "invalid-values", "/size: must be a whole number in its range")]
    [InlineData(
        "{\"title\":\"a\",\"size\":99999999999}",
        422,
        "invalid-values",
        "/size: must be a whole number in its range"
    )]
    [InlineData("{\"title\":7,\"size\":1}", 422, "invalid-values", "/title: must be a string")]
    [InlineData(
        "{\"title\":\"a\\u0000b\",\"size\":1}",
        422,
        "invalid-values",
        "/title: must not contain NUL characters"
    )]
    [InlineData(
        "{\"title\":\"a\",\"size\":1,\"tags\":[\"x\",\"\\u0000\"]}",
        422,
        "invalid-values",
        "/tags/1: must not contain NUL characters"
    )]
    [InlineData("{\"title\":\"a\",\"size\":1,\"tags\":\"x\"}", 422, "invalid-values", "/tags: must be an array")]
    [InlineData(
        "{\"title\":\"a\",\"size\":1,\"kind\":\"ugly\"}",
        422,
        "invalid-values",
        "/kind: must be an object, or one of the values that the documentation lists"
    )]
    [InlineData("{\"title\":\"a\",\"size\":null}", 422, "invalid-values", "/size: must be a value, and not null")]
    [InlineData("[]", 422, "invalid-values", ": must be an object, or one of the values that the documentation lists")]
    public async Task A_body_that_does_not_fit_is_told_where(string body, int status, string code, string errors)
    {
        var problem = await SendAsync(HttpMethod.Post, "/api/v1/things", body);

        problem.Status.ShouldBe(status, problem.Text);
        problem.Code.ShouldBe(code);
        problem.Errors.ShouldBe(errors);
        problem.Text.ShouldNotContain("System.");
        problem.Text.ShouldNotContain("Lectern.Tests");
    }

    [Fact]
    public async Task Nesting_without_end_is_malformed() =>
        (await SendAsync(HttpMethod.Post, "/api/v1/anything", new string('[', 2000))).Code.ShouldBe(
            "malformed-request"
        );

    [Fact]
    public async Task Half_a_surrogate_pair_and_broken_utf8_are_refused()
    {
        (
            await SendAsync(HttpMethod.Post, "/api/v1/things", "{\"title\":\"\\ud800\",\"size\":1}")
        ).Status.ShouldBeInRange(400, 422);

        var bytes = Encoding.Latin1.GetBytes("{\"title\":\"\u00ff\u00fe\",\"size\":1}");
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/things")
        {
            Content = new ByteArrayContent(bytes),
        };
        request.Content.Headers.ContentType = new("application/json");
        (await SendAsync(request)).Status.ShouldBeInRange(400, 422);
    }

    [Theory]
    [InlineData("GET", "/api/v1/search?limit=abc", 422, "invalid-values", "limit: doesn't fit")]
    [InlineData("GET", "/api/v1/search", 422, "invalid-values", "limit: is required")]
    [InlineData("GET", "/api/v1/search?limit=1&q=%00", 422, "invalid-values", "")]
    [InlineData("GET", "/api/v1/absent", 404, "not-found", "")]
    [InlineData("GET", "/absent", 404, "not-found", "")]
    [InlineData("DELETE", "/api/v1/things", 405, "method-not-allowed", "")]
    [InlineData("GET", "/api/v1/bare/401", 401, "unauthenticated", "")]
    [InlineData("GET", "/api/v1/bare/403", 403, "forbidden", "")]
    [InlineData("GET", "/api/v1/bare/406", 406, "not-acceptable", "")]
    [InlineData("GET", "/api/v1/bare/412", 412, "precondition-failed", "")]
    [InlineData("GET", "/api/v1/bare/416", 416, "range-not-satisfiable", "")]
    [InlineData("GET", "/api/v1/bare/429", 429, "rate-limited", "")]
    public async Task A_request_that_leads_nowhere_has_a_problem(
        string method,
        string path,
        int status,
        string code,
        string errors
    )
    {
        var problem = await SendAsync(new HttpMethod(method), path);

        problem.Status.ShouldBe(status, problem.Text);
        problem.Code.ShouldBe(code);
        problem.Errors.ShouldBe(errors);
    }

    [Fact]
    public async Task A_wrong_method_is_told_the_right_ones()
    {
        using var response = await _host.Client.DeleteAsync("/api/v1/things", TestContext.Current.CancellationToken);
        response.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    [Fact]
    public async Task A_media_type_that_is_not_read_is_415()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/things")
        {
            Content = new StringContent("title=a"),
        };
        (await SendAsync(request)).Code.ShouldBe("unsupported-media-type");
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413()
    {
        var body = "{\"title\":\"" + new string('a', 40_000_000) + "\",\"size\":1}";
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/things")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.ExpectContinue = true; // as curl does, so that nothing is sent in vain
        (await SendAsync(request)).Code.ShouldBe("too-large");
    }

    [Theory]
    [InlineData("refused", 503, "unavailable", true)]
    [InlineData("timeout", 503, "unavailable", true)]
    [InlineData("08006", 503, "unavailable", true)]
    [InlineData("57P01", 503, "unavailable", true)]
    [InlineData("57P03", 503, "unavailable", true)]
    [InlineData("53300", 503, "unavailable", true)]
    [InlineData("57014", 503, "unavailable", true)]
    [InlineData("55P03", 503, "unavailable", true)]
    [InlineData("53100", 507, "storage-full", false)]
    [InlineData("40001", 409, "conflict", true)]
    [InlineData("40P01", 409, "conflict", true)]
    [InlineData("22P05", 422, "invalid-values", false)]
    [InlineData("42P01", 500, "internal", false)]
    [InlineData("blobs", 507, "storage-full", false)]
    [InlineData("defect", 500, "internal", false)]
    public async Task A_failure_behind_the_edge_is_told_without_its_inside(
        string failure,
        int status,
        string code,
        bool canRetry
    )
    {
        var problem = await SendAsync(HttpMethod.Get, $"/api/v1/fail/{failure}");

        problem.Status.ShouldBe(status);
        problem.Code.ShouldBe(code);
        problem.RetryAfter.ShouldBe(canRetry);
        problem.Text.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_returned_problem_carries_its_members_and_headers()
    {
        var problem = await SendAsync(HttpMethod.Get, "/api/v1/refuse");

        problem.Status.ShouldBe(429);
        problem.RetryAfter.ShouldBeTrue();
        var root = JsonDocument.Parse(problem.Text).RootElement;
        root.GetProperty("type").GetString().ShouldBe("urn:lectern:lectern:rate-limited");
        root.GetProperty("detail").GetString().ShouldBe("Slowly.");
        root.GetProperty("hint").GetString().ShouldNotBeNullOrEmpty();
        root.GetProperty("limit").GetInt32().ShouldBe(3);
        root.GetProperty("traceId").GetString()!.Length.ShouldBe(32);
    }

    [Fact]
    public async Task A_handler_that_does_not_end_is_cut_off()
    {
        await using var host = await RunningHost.StartAsync(
            new TestModule(Map),
            new() { ["Lectern:Http:HandlerSeconds"] = "1" }
        );
        using var response = await host.Client.GetAsync("/api/v1/hang", TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task A_client_that_left_gets_no_body_and_is_no_error()
    {
        var context = new DefaultHttpContext { RequestAborted = new CancellationToken(canceled: true) };
        context.Response.Body = new MemoryStream();
        var middleware = new ProblemMiddleware(
            _ => throw new OperationCanceledException(),
            NullLogger<ProblemMiddleware>.Instance
        );

        await middleware.InvokeAsync(context);

        context.Response.StatusCode.ShouldBe(499);
        context.Response.Body.Length.ShouldBe(0);
    }

    private static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/things", (Thing thing) => thing);
        api.MapPost("/anything", (JsonElement any) => any.ToString());
        api.MapGet("/search", (int limit, string? q) => $"{limit}{q}");
        api.MapGet("/bare/{status:int}", (int status) => Results.StatusCode(status));
        api.MapGet("/hang", (CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation));
        api.MapGet(
            "/refuse",
            () =>
                (
                    CommonProblems.RateLimited.With("Slowly.") with
                    {
                        RetryAfter = TimeSpan.FromSeconds(7),
                        Extensions = new Dictionary<string, object?> { ["limit"] = 3 },
                    }
                ).AsResult()
        );
        api.MapGet("/fail/{failure}", string (string failure) => throw Failure(failure));
    }

    private static Exception Failure(string failure) =>
        failure switch
        {
            "refused" => new NpgsqlException("secret", new SocketException((int)SocketError.ConnectionRefused)),
            "timeout" => new NpgsqlException("secret", new TimeoutException()),
            "blobs" => new BlobStoreFullException("secret"),
            "defect" => new InvalidOperationException("secret"),
            var state => new PostgresException("secret", "ERROR", "ERROR", state),
        };

    private Task<Answer> SendAsync(HttpMethod method, string path, string? body = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return SendAsync(request);
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", text);
            var root = JsonDocument.Parse(text).RootElement;
            root.GetProperty("status").GetInt32().ShouldBe((int)response.StatusCode);
            var errors = root.TryGetProperty("errors", out var list)
                ? list.EnumerateArray()
                    .Select(e => $"{e.GetProperty("pointer").GetString()}: {e.GetProperty("detail").GetString()}")
                : [];
            return new Answer(
                (int)response.StatusCode,
                root.GetProperty("code").GetString()!,
                string.Join(", ", errors),
                response.Headers.RetryAfter is not null,
                text
            );
        }
    }

    private sealed record Answer(int Status, string Code, string Errors, bool RetryAfter, string Text);

    private sealed record Thing(
        string Title,
        int Size,
        IReadOnlyList<string>? Tags = null,
        Part? Part = null,
        Kind? Kind = null
    );

    private sealed record Part(string Name);

    private enum Kind
    {
        Plain,
        Fancy,
    }
}
