using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.SharedKernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Activity.Live;

/// <summary>With what live connections are opened, and that they end with what they stand on.</summary>
[Collection(LiveHostsCollection.Name)]
public sealed class LiveCredentialsTests(LiveHosts hosts) : IAsyncLifetime
{
    /// <summary>The list of revocations is read every second, and looked at every half.</summary>
    private static readonly TimeSpan SoonAfter = TimeSpan.FromSeconds(10); // on a machine that has much else to do

    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await hosts.SignUpAloneAsync();

    public ValueTask DisposeAsync()
    {
        hosts.Time.Shift = TimeSpan.Zero;
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_ticket_lets_in_once_on_whichever_host_and_of_many_at_once_one()
    {
        var ticket = await TicketAsync();
        var tries = await Task.WhenAll(
            Enumerable
                .Range(0, 10)
                .Select(async i =>
                {
                    var host = i % 2 == 0 ? hosts.A : hosts.B;
                    using var answer = await host.Client.GetAsync(
                        $"/api/v1/events/live?ticket={ticket}",
                        HttpCompletionOption.ResponseHeadersRead,
                        Cancel
                    );
                    return answer.StatusCode;
                })
        );
        tries.Count(status => status == HttpStatusCode.OK).ShouldBe(1);
        tries.Count(status => status == HttpStatusCode.Unauthorized).ShouldBe(9);

        using var socket = await SocketClient.OpenAsync(hosts.B, $"/ws/jobs?ticket={await TicketAsync()}", null);
        await FollowAsync(hosts.B, 1);
        await hosts.A.MakeJobAsync(_jane.Workspace);
        (await socket.NextEventAsync())!.Type.ShouldBe("job.submitted");
    }

    [Fact]
    public async Task A_ticket_is_good_for_half_a_minute_and_nowhere_else()
    {
        var old = await TicketAsync();
        await hosts.ExecuteAsync("update accounts.live_tickets set expires_at = now()");
        (await StatusAsync($"/events/live?ticket={old}")).ShouldBe(HttpStatusCode.Unauthorized);

        foreach (var path in new[] { "/jobs", "/me", "/credits", "/live/tickets" })
            (await StatusAsync($"{path}?ticket={await TicketAsync()}")).ShouldBeOneOf(
                HttpStatusCode.Unauthorized,
                HttpStatusCode.MethodNotAllowed
            );
        using var told = new CountedTags("lectern.security.events", "reason");
        foreach (var bad in new[] { "", "x", "llt_", "llt_" + new string('A', 43), _jane.Token })
            (await StatusAsync($"/events/live?ticket={bad}")).ShouldBe(HttpStatusCode.Unauthorized, bad);
        told.Seen.Count(reason => reason == "ticket").ShouldBe(5);
        (await StatusAsync($"/events/live?ticket={await TicketAsync()}&ticket={await TicketAsync()}")).ShouldBe(
            HttpStatusCode.Unauthorized
        );
    }

    [Fact]
    public async Task A_token_in_the_query_is_for_WebSockets_only_and_an_API_key_never_is()
    {
        (await StatusAsync($"/events/live?token={_jane.Token}")).ShouldBe(HttpStatusCode.Unauthorized);
        using var socket = await SocketClient.OpenAsync(hosts.A, $"/ws/jobs?token={_jane.Token}", null);
        (await SocketClient.RefusedAsync(hosts.A, "/ws/jobs?token=x", null)).ShouldBe(401);
        (await SocketClient.RefusedAsync(hosts.A, "/ws/jobs", null)).ShouldBe(401);
        var (key, _) = await KeyAsync("jobs:read");
        (await SocketClient.RefusedAsync(hosts.A, $"/ws/jobs?token={key}", null)).ShouldBe(401);
    }

    [Fact]
    public async Task An_API_key_needs_the_scope_and_its_tickets_have_no_more()
    {
        var (jobs, _) = await KeyAsync("jobs:read");
        (await StatusAsync("/events/live", jobs)).ShouldBe(HttpStatusCode.Forbidden);
        using (var socket = await SocketClient.OpenAsync(hosts.A, "/ws/jobs", jobs))
            socket.Socket.Abort();

        var (activity, _) = await KeyAsync("activity:read");
        var ticket = await TicketAsync(activity);
        (await SocketClient.RefusedAsync(hosts.A, $"/ws/jobs?ticket={ticket}", null)).ShouldBe(403);
        using var events = await SseClient.OpenAsync(
            hosts.B.Client,
            $"/events/live?type=job&ticket={await TicketAsync(activity)}",
            null
        );
    }

    [Theory]
    [InlineData("log out", "credential_revoked", "4403 credential_revoked")]
    [InlineData("other role", "credential_revoked", "4403 credential_revoked")]
    [InlineData("token expires", "credential_expired", "4401 credential_expired")]
    public async Task A_connection_ends_with_what_it_stands_on_on_every_host(string how, string reason, string close)
    {
        using var events = await SseClient.OpenAsync(hosts.A.Client, "/events/live?type=credits", _jane.Token);
        using var byTicket = await SseClient.OpenAsync(
            hosts.B.Client,
            $"/events/live?type=credits&ticket={await TicketAsync()}",
            null
        );
        using var socket = await SocketClient.OpenAsync(hosts.B, "/ws/jobs", _jane.Token);
        var unused = await TicketAsync();
        await FollowAsync(hosts.B, 2);
        var took = Stopwatch.StartNew();
        switch (how)
        {
            case "log out":
                using (var answer = await _jane.SendAsync(HttpMethod.Post, "/auth/logout", JsonContent.Create(new { })))
                    answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
                break;
            case "other role": // as any host would, where the role changes, the member leaves or the workspace goes
                await hosts.ExecuteAsync(
                    "insert into accounts.revocations (subject) select stamp from accounts.members where workspace_id = $1",
                    _jane.Workspace
                );
                break;
            default:
                hosts.Time.Shift = TimeSpan.FromMinutes(16);
                break;
        }

        // All read at the same time, as clients do: the hosts learn of it up to a second apart, and a host doesn't wait
        // for ever for a client's answer to its close.
        var closed = socket.RestAsync();
        foreach (var rest in await Task.WhenAll(events.RestAsync(), byTicket.RestAsync()))
        {
            rest[^1].Type.ShouldBe("closed");
            ((string)rest[^1].Data["reason"]!).ShouldBe(reason);
        }

        await closed;
        socket.Why.ShouldBe(close);
        took.Elapsed.ShouldBeLessThan(SoonAfter);
        (await StatusAsync($"/events/live?ticket={unused}")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_revoked_key_ends_its_connections_also_those_that_a_ticket_opened()
    {
        var (key, id) = await KeyAsync("activity:read");
        using var events = await SseClient.OpenAsync(hosts.B.Client, "/events/live?type=credits", key);
        var ticket = await TicketAsync(key);
        using var byTicket = await SseClient.OpenAsync(
            hosts.A.Client,
            $"/events/live?type=credits&ticket={ticket}",
            null
        );
        await FollowAsync(hosts.B, 1);

        var workspace = Lectern.Accounts.Contracts.AccountIds.Workspace(_jane.Workspace);
        using (var revoked = await _jane.SendAsync(HttpMethod.Delete, $"/workspaces/{workspace}/api-keys/{id}"))
            revoked.IsSuccessStatusCode.ShouldBeTrue();

        foreach (var client in new[] { events, byTicket })
            ((string)(await client.RestAsync())[^1].Data["reason"]!).ShouldBe("credential_revoked");
    }

    [Fact]
    public async Task Tickets_and_tokens_stand_in_no_log_and_no_trace()
    {
        using var test = new System.Diagnostics.Activity("test").Start(); // which the requests below are part of
        var traced = new ConcurrentQueue<(string Source, string Text)>();
        using var listener = new ActivityListener
        {
            // The sources that the export listens to.
            ShouldListenTo = source =>
                source.Name is "Microsoft.AspNetCore" or "Npgsql"
                || source.Name.StartsWith("Lectern.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == test.TraceId
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                var told = activity.TagObjects.Concat(activity.Events.SelectMany(each => each.Tags));
                if (activity.TraceId == test.TraceId)
                    traced.Enqueue(
                        (
                            activity.Source.Name,
                            $"{activity.DisplayName} {string.Join(' ', told)} {activity.StatusDescription}"
                        )
                    );
            },
        };
        ActivitySource.AddActivityListener(listener);
        hosts.Leaks.Clear();
        var ticket = await TicketAsync();
        (await StatusAsync($"/events/live?ticket={ticket}")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync($"/events/live?ticket={ticket}")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync($"/jobs?token={_jane.Token}&other={ticket}")).ShouldBe(HttpStatusCode.Unauthorized);
        using (await SocketClient.OpenAsync(hosts.A, $"/ws/jobs?token={_jane.Token}", null)) { }
        await Eventually.IsAsync(
            () => Task.FromResult(hosts.A.Connections.Count),
            connections => connections == 0,
            "all are closed, and their requests logged"
        );

        hosts.Leaks.ShouldBeEmpty();
        await Eventually.IsAsync(
            () => Task.FromResult(traced.Count(each => each.Source == "Microsoft.AspNetCore")),
            requests => requests == 5,
            "all requests are traced"
        );
        traced.ShouldContain(each => each.Source == "Npgsql");
        traced.ShouldAllBe(each => !each.Text.Contains(ticket) && !each.Text.Contains(_jane.Token));
        var metrics = await hosts.A.Client.GetStringAsync("/metrics", Cancel);
        metrics.ShouldContain("lectern_live_connections");
        metrics.ShouldNotContain("llt_");

        // Had they been logged, it would have been seen.
        hosts.A.Log.LogTrace("GET /events/live?ticket={Ticket}", ticket);
        hosts.B.Log.LogTrace("GET /ws/jobs?token={Token}", _jane.Token);
        hosts.Leaks.Count.ShouldBe(2);
        hosts.Leaks.Clear();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<string> TicketAsync(string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/live/tickets");
        request.Headers.Authorization = new("Bearer", token ?? _jane.Token);
        using var answer = await hosts.A.Client.SendAsync(request, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var made = await answer.JsonAsync();
        ((int)made["expiresIn"]!).ShouldBe(30);
        return (string)made["ticket"]!;
    }

    private async Task<(string Key, string Id)> KeyAsync(string scope)
    {
        var workspace = Lectern.Accounts.Contracts.AccountIds.Workspace(_jane.Workspace);
        using var answer = await _jane.SendAsync(
            HttpMethod.Post,
            $"/workspaces/{workspace}/api-keys",
            JsonContent.Create(new { name = "live", scopes = new[] { scope } }),
            ("Idempotency-Key", Guid.NewGuid().ToString())
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var made = await answer.JsonAsync();
        return ((string)made["key"]!, (string)made["apiKey"]!["id"]!);
    }

    private async Task<HttpStatusCode> StatusAsync(string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1" + path);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using var answer = await hosts.A.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        return answer.StatusCode;
    }

    private static Task<int> FollowAsync(LiveHost host, int clients) =>
        Eventually.IsAsync(() => Task.FromResult(host.Listeners), listeners => listeners >= clients, "they follow");
}
