using System.Net;
using System.Net.Http.Headers;
using Lectern.Accounts;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts.Tokens;
using Lectern.Tests.Jobs;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Http;

/// <summary>
/// Who may call what, for every route that the host has: a route that nobody decided on fails the test.
/// </summary>
[Collection(JobsHostCollection.Name)]
public sealed class AuthorizationTests(JobsHost host, ITestOutputHelper output)
{
    /// <summary>For whom a route is.</summary>
    private enum Access
    {
        /// <summary>Everybody, also without a token.</summary>
        Public,

        /// <summary>Whoever has a link with our signature.</summary>
        SignedLink,

        /// <summary>Everybody with a token; what it shows or makes is the caller's own, or the same for all.</summary>
        Person,

        /// <summary>Whoever's workspace the id belongs to; to others it isn't there.</summary>
        Owner,
    }

    private static readonly Dictionary<string, Access> Matrix = new()
    {
        ["GET /"] = Access.Public,
        ["GET /version"] = Access.Public,
        ["GET /health/live"] = Access.Public,
        ["GET /health/ready"] = Access.Public,
        ["GET /metrics"] = Access.Public,
        ["GET /openapi/{documentName}.json"] = Access.Public,
        ["GET /redoc"] = Access.Public,
        ["GET /redoc/redoc.standalone.js"] = Access.Public,
        ["GET /.well-known/jwks.json"] = Access.Public,
        ["POST /api/v1/auth/signup"] = Access.Public,
        ["POST /api/v1/auth/login"] = Access.Public,
        ["GET /api/v1/prices"] = Access.Public,
        ["GET /api/v1/files/{id}"] = Access.SignedLink,
        ["HEAD /api/v1/files/{id}"] = Access.SignedLink,
        ["GET /api/v1/me"] = Access.Person,
        ["GET /api/v1/credits"] = Access.Person,
        ["GET /api/v1/credits/ledger"] = Access.Person,
        ["GET /api/v1/analytics/spend"] = Access.Person,
        ["GET /api/v1/voices"] = Access.Public,
        ["GET /api/v1/voices/{id}"] = Access.Public,
        ["GET /api/v1/voices/{id}/preview"] = Access.Public,
        ["GET /api/v1/queue"] = Access.Person,
        ["POST /api/v1/quotes"] = Access.Person,
        ["GET /api/v1/jobs"] = Access.Person,
        ["POST /api/v1/jobs"] = Access.Person,
        ["GET /api/v1/jobs/{id}"] = Access.Owner,
        ["DELETE /api/v1/jobs/{id}"] = Access.Owner,
        ["POST /api/v1/jobs/{id}/cancel"] = Access.Owner,
        ["POST /api/v1/jobs/{id}/retry"] = Access.Owner,
        ["GET /api/v1/jobs/{id}/events"] = Access.Owner,
        ["GET /api/v1/jobs/{id}/events/live"] = Access.Owner,
        ["GET /api/v1/jobs/{id}/at/{version:int}"] = Access.Owner,
        ["GET /api/v1/jobs/{id}/chunks"] = Access.Owner,
        ["GET /api/v1/jobs/{id}/stream"] = Access.Owner,
        ["GET /api/v1/jobs/{id}/result"] = Access.Owner,
        ["GET /api/v1/jobs/{id}/download"] = Access.Owner,
    };

    private int _calls;

    [Fact]
    public void Every_route_has_a_row_and_every_row_a_route() =>
        Routes().ShouldBe(Matrix.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public async Task Nobody_gets_in_who_should_not()
    {
        var (jane, stranger) = (await host.SignUpAsync(), await host.SignUpAsync());
        var job = (string)(await jane.MakeAsync("Mine alone."))["id"]!;
        var before = await jane.EventsAsync(job);
        string[] badTokens = [.. BadTokens(jane.Token)];

        foreach (var route in Routes())
        {
            var (method, template) = (new HttpMethod(route.Split(' ')[0]), route.Split(' ')[1]);
            switch (Matrix[route])
            {
                case Access.Public:
                    using (var open = await SendAsync(method, Fill(template, "x"), null))
                        ((int)open.StatusCode).ShouldBeOneOf(200, 400, 404, 415, 422);
                    break;
                case Access.SignedLink:
                    foreach (var token in new[] { null, stranger.Token, jane.Token })
                    {
                        using var unsigned = await SendAsync(method, Fill(template, "x"), token);
                        unsigned.StatusCode.ShouldBe(HttpStatusCode.Forbidden, route);
                    }

                    break;
                case Access.Person:
                    await RefuseAsync(method, Fill(template, "flite-slt"), badTokens);
                    using (var own = await SendAsync(method, Fill(template, "flite-slt"), stranger.Token))
                    {
                        ((int)own.StatusCode).ShouldBeOneOf(200, 400, 415, 422);
                        (await own.Content.ReadAsStringAsync(Cancel)).ShouldNotContain(job, customMessage: route);
                    }

                    break;
                case Access.Owner:
                    await RefuseAsync(method, Fill(template, job), badTokens);
                    var absent = await NotThereAsync(method, template, NeverMade(), stranger);
                    (await NotThereAsync(method, template, job, stranger)).ShouldBe(absent, route);
                    foreach (var malformed in Malformed(job))
                        (await NotThereAsync(method, template, malformed, jane)).ShouldBe(absent, route);
                    break;
            }
        }

        (await jane.EventsAsync(job)).ShouldBe(before);
        output.WriteLine($"{_calls} calls to {Matrix.Count} routes");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private List<string> Routes() =>
        host
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint =>
                (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(method =>
                    $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}"
                )
            )
            .Order(StringComparer.Ordinal)
            .ToList();

    private async Task RefuseAsync(HttpMethod method, string path, string[] badTokens)
    {
        foreach (var token in (string?[])[null, .. badTokens])
        {
            using var refused = await SendAsync(method, path, token);
            (await refused.RefusalAsync()).ShouldBe("401 unauthenticated", $"{method} {path} {token}");
            refused.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer");
        }
    }

    /// <summary>The refusal without what differs from request to request.</summary>
    private async Task<string> NotThereAsync(HttpMethod method, string template, string id, Person person)
    {
        using var refused = await SendAsync(method, Fill(template, Uri.EscapeDataString(id)), person.Token);
        (await refused.RefusalAsync()).ShouldBe("404 not-found", $"{method} {template} {id}");
        var problem = (await refused.JsonAsync()).AsObject();
        problem.Remove("traceId").ShouldBeTrue();
        problem.Remove("instance");
        return problem.ToJsonString();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token)
    {
        _calls++;
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await host.Client.SendAsync(request, Cancel);
    }

    private static string Fill(string template, string id) =>
        template
            .Replace("{id}", id, StringComparison.Ordinal)
            .Replace("{version:int}", "1", StringComparison.Ordinal)
            .Replace("{documentName}", "v1", StringComparison.Ordinal);

    private static string NeverMade() => PublicId.Format("job", Guid.CreateVersion7());

    private static IEnumerable<string> Malformed(string job) =>
        [
            job.ToUpperInvariant(),
            job + "0",
            job[..^1],
            "file" + job[3..],
            job[4..],
            "job_" + new string('z', 26),
            "1",
            "job_" + new string('ü', 26),
            "' or 1=1 --",
        ];

    private IEnumerable<string> BadTokens(string good)
    {
        var parts = good.Split('.');
        var yesterday = new AccessTokens(
            host.Services.GetRequiredService<SigningKeys>(),
            host.Services.GetRequiredService<IOptions<AccountsSettings>>(),
            new ManualClock(DateTimeOffset.UtcNow.AddDays(-1))
        );
        return
        [
            "nonsense",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}",
            new TokenForge().Good(), // well made, with another host's key
            yesterday.Issue(Guid.CreateVersion7(), new TokenForge().Member),
        ];
    }
}
