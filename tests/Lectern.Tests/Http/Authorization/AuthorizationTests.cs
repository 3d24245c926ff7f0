using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Jobs;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Http.Authorization;

/// <summary>
/// Who may call what, for every route that the host has: every kind of caller on every kind of id. A route that nobody
/// decided on fails the test.
/// </summary>
public sealed partial class AuthorizationTests(JobsHost host, ITestOutputHelper output) : IClassFixture<JobsHost>
{
    private int _calls;

    [Fact]
    public void Every_route_has_a_row_and_every_row_a_route() =>
        Routes().Select(route => route.Name).ShouldBe(Matrix.Rows.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public async Task Nobody_gets_in_who_should_not_and_everybody_who_should()
    {
        var world = await World.BuildAsync(host);
        foreach (var route in Routes())
        {
            switch (Matrix.Rows[route.Name])
            {
                case For.Everyone:
                    using (var open = await SendAsync(route, route.With("x"), null))
                        ((int)open.StatusCode).ShouldBeOneOf(
                            [200, 201, 202, 302, 400, 401, 404, 409, 415, 422],
                            route.Name
                        );
                    break;
                case For.SignedLink:
                    foreach (var token in (string?[])[null, .. world.Callers.Select(caller => caller.Token)])
                    {
                        using var unsigned = await SendAsync(route, route.With("x"), token);
                        unsigned.StatusCode.ShouldBe(HttpStatusCode.Forbidden, route.Name);
                    }

                    break;
                case var least:
                    await CheckAsync(route, least, world);
                    break;
            }
        }

        await world.CheckThatNothingForeignHappenedAsync();
        output.WriteLine($"{_calls} calls to {Matrix.Rows.Count} routes");
    }

    private async Task CheckAsync(Route route, For least, World world)
    {
        var things = world.ThingsOf(route.Template);
        foreach (var (name, token) in world.BadTokens)
        {
            using var refused = await SendAsync(route, await route.WithAsync(things, own: true), token);
            (await refused.RefusalAsync()).ShouldBe("401 unauthenticated", $"{route.Name} with {name}");
            refused.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer");
        }

        foreach (var caller in world.Callers)
        {
            var why = $"{route.Name} by {caller.Name}";
            if (!caller.May(least))
            {
                foreach (var own in (bool[])[true, false])
                {
                    using var refused = await SendAsync(route, await route.WithAsync(things, own), caller.Token);
                    (await refused.RefusalAsync()).ShouldBe("403 forbidden", why);
                }

                continue;
            }

            if (things.Count > 0)
                await CheckThatItIsNotThereAsync(route, things, caller);
            if (caller.IsOutsider && things.Count > 0)
                continue; // what is the others' own is foreign to it, and was tried
            if (route.EndsTheWorld)
                continue;
            var path = await route.WithAsync(things, own: true, route.Method == "GET" ? null : caller);
            using var allowed = await SendAsync(route, path, caller.Token);
            ((int)allowed.StatusCode).ShouldBeOneOf(
                [200, 201, 202, 204, 307, 400, 402, 409, 412, 415, 422, .. route.AlsoFine],
                $"{why}: {await BodyAsync(allowed)}"
            );
        }
    }

    /// <summary>For a failed test's message; what goes on live has no end to wait for.</summary>
    private static async Task<string> BodyAsync(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? ""
            : await answer.Content.ReadAsStringAsync(Cancel);

    /// <summary>What is another's, was deleted, never was, or is no id at all: one and the same answer.</summary>
    private async Task CheckThatItIsNotThereAsync(Route route, IReadOnlyList<Thing> things, Caller caller)
    {
        // A workspace that isn't there and a thing that isn't in it are told apart; one kind of not being there isn't.
        for (var i = 0; i < things.Count; i++)
        {
            var absent = await WithAsync(i, things[i].Random());
            foreach (var id in await things[i].UnreachableAsync(caller))
                (await WithAsync(i, id)).ShouldBe(absent, $"{route.Name} by {caller.Name}: {id}");
        }

        async Task<string> WithAsync(int at, string id)
        {
            var ids = await Task.WhenAll(things.Select((thing, j) => j == at ? Task.FromResult(id) : thing.OwnAsync()));
            return await NotThereAsync(route, route.With(ids), caller);
        }
    }

    /// <summary>The refusal without what differs from request to request.</summary>
    private async Task<string> NotThereAsync(Route route, string path, Caller caller)
    {
        using var refused = await SendAsync(route, path, caller.Token);
        (await refused.RefusalAsync()).ShouldBe("404 not-found", $"{route.Name} by {caller.Name}: {path}");
        var problem = (await refused.JsonAsync()).AsObject();
        problem.Remove("traceId").ShouldBeTrue();
        return problem.ToJsonString();
    }

    private async Task<HttpResponseMessage> SendAsync(Route route, string path, string? token)
    {
        _calls++;
        using var request = new HttpRequestMessage(new HttpMethod(route.Method), path);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        if (route.Body is { } body)
            request.Content = JsonContent.Create(body, body.GetType(), options: StrictJson.Options);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private List<Route> Routes() =>
        host
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint =>
                (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(
                    method => new Route(
                        method,
                        $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}",
                        endpoint.Metadata.GetMetadata<OperationExample>()?.Request
                    )
                )
            )
            .OrderBy(route => route.Name, StringComparer.Ordinal)
            .ToList();

    /// <param name="Method">GET, say.</param>
    /// <param name="Template">With its placeholders.</param>
    /// <param name="Body">The example that the operation documents.</param>
    private sealed partial record Route(string Method, string Template, object? Body)
    {
        public string Name => $"{Method} {Template}";

        /// <summary>
        /// Whether an allowed call leaves no workspace, or no session, to try the other routes with; WorkspacesTests and
        /// RefreshTests make it.
        /// </summary>
        public bool EndsTheWorld => Name is "DELETE /api/v1/workspaces/{id}" or "POST /api/v1/auth/logout";

        /// <summary>
        /// What an allowed call may also come to: the thing is there, but not that part of it; or the body's example names
        /// nobody and nothing; or members remove themselves only, which MembersTests try.
        /// </summary>
        public int[] AlsoFine =>
            Name switch
            {
                "GET /api/v1/jobs/{id}/at/{version:int}" or "GET /api/v1/me/avatar" => [404],
                "POST /api/v1/workspaces/{id}/transfer" or "POST /api/v1/invitations/accept" => [404],
                "POST /api/v1/credits/codes" or "POST /api/v1/admin/payments/{id}/match" => [404],
                _ when Name.StartsWith("POST /api/v1/admin/credits/", StringComparison.Ordinal) => [404],
                "DELETE /api/v1/workspaces/{id}/members/{person}" => [403],
                "GET /ws/jobs" or "GET /ws/jobs/{id}" => [426], // a WebSocket is not asked for
                _ => [],
            };

        public string With(params string[] ids)
        {
            var next = 0;
            return Placeholder()
                .Replace(
                    Template
                        .Replace("{version:int}", "1", StringComparison.Ordinal)
                        .Replace("{documentName}", "v1", StringComparison.Ordinal),
                    _ => Uri.EscapeDataString(ids[Math.Min(next++, ids.Length - 1)])
                );
        }

        public async Task<string> WithAsync(IReadOnlyList<Thing> things, bool own, Caller? usingUp = null)
        {
            var ids = new List<string>();
            foreach (var thing in things)
                ids.Add(
                    !own ? thing.Random()
                    : usingUp is null ? await thing.OwnAsync()
                    : await thing.FreshAsync(usingUp)
                );
            return With([.. ids, "x"]);
        }

        [GeneratedRegex(@"\{[a-z]+\}", RegexOptions.IgnoreCase)]
        private static partial Regex Placeholder();
    }
}
