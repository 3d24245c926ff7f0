using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.SharedKernel.Telemetry;

namespace Lectern.Tests.Activity.Live;

/// <summary>What a live client may take of a host, and what becomes of those that take more or nothing.</summary>
[Collection(LiveHostsCollection.Name)]
public sealed class LiveLimitsTests(LiveHosts hosts) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await hosts.SignUpAloneAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_stops_reading_is_cut_off_and_holds_up_nobody(bool byWebSocket)
    {
        const int AtOnce = 500; // of which a host keeps twice as many for a client that is about to read them
        var job = await hosts.A.MakeJobAsync(_jane.Workspace);
        using var stalled = await StallAsync(byWebSocket);
        using var reads = await SseClient.OpenAsync(hosts.B.Client, "/events/live?type=job.chunk_done", _jane.Token);
        await FollowAsync(2);

        for (var told = 0; told < 20_000; )
        {
            await hosts.A.AppendAsync(
                _jane.Workspace,
                job,
                [.. Enumerable.Range(told, AtOnce).Select(chunk => (object)LiveHost.Chunk(chunk))]
            );
            for (var upTo = told + AtOnce; told < upTo; told++)
            {
                var next = (await reads.NextEventAsync()).ShouldNotBeNull();
                (next.Type, (int)next.Data["data"]!["chunk"]!).ShouldBe(("job.chunk_done", told));
            }
        }

        await Eventually.IsAsync(
            () => Task.FromResult(hosts.B.Connections.Count),
            connections => connections == 1,
            "the client that doesn't read is cut off, and the other one is not"
        );
        await EndAsync(stalled).WaitAsync(LiveClients.Patience, Cancel);
        hosts.B.Connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_has_so_many_connections_and_gets_a_place_back_that_was_left()
    {
        var clients = new List<SseClient>();
        for (var i = 0; i < LiveHosts.FewConnections; i++)
            clients.Add(await SseClient.OpenAsync(hosts.B.Client, "/events/live?type=job", _jane.Token));

        using (var refused = await hosts.B.Client.SendAsync(Get("/api/v1/events/live"), Cancel))
        {
            (await refused.RefusalAsync()).ShouldBe("429 too-many-connections");
            refused.Headers.RetryAfter.ShouldNotBeNull();
        }

        (await SocketClient.RefusedAsync(hosts.B, "/ws/jobs", _jane.Token)).ShouldBe(429);
        clients[0].Dispose(); // it vanishes
        await Eventually.IsAsync(
            () => Task.FromResult(hosts.B.Connections.Count),
            connections => connections == LiveHosts.FewConnections - 1,
            "the place is free"
        );
        using var socket = await SocketClient.OpenAsync(hosts.B, "/ws/jobs", _jane.Token);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Who_leaves_is_counted_as_one_who_left()
    {
        using var counted = new CountedTags("lectern.live.closed", "reason");
        var client = await SseClient.OpenAsync(hosts.A.Client, "/events/live?type=job", _jane.Token);

        client.Dispose();

        await Eventually.IsAsync(
            () => Task.FromResult(counted.Seen),
            reasons => reasons is ["client_left"],
            "it is counted"
        );
    }

    [Theory]
    [InlineData(1, 70 * 1024, "1009 message_too_big")]
    [InlineData(200, 10, "1008 flood")]
    [InlineData(10, 1000, null)]
    public async Task What_a_client_sends_is_bounded(int messages, int bytes, string? close)
    {
        using var client = await SocketClient.OpenAsync(hosts.A, "/ws/jobs", _jane.Token);
        try
        {
            for (var i = 0; i < messages; i++)
                await client.Socket.SendAsync(new byte[bytes], WebSocketMessageType.Text, true, Cancel);
        }
        catch (WebSocketException)
        {
            // it was closed before it could send all
        }

        if (close is null)
            await client.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Cancel);
        await client.RestAsync();
        client.Why.ShouldBe(close ?? "1000 client_left");
    }

    [Theory]
    [InlineData("https://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("https://studio.example.evil.example", 403)]
    [InlineData(LiveHosts.AllowedOrigin, 101)]
    [InlineData("own", 101)]
    public async Task A_page_of_another_site_gets_no_WebSocket(string origin, int status)
    {
        if (origin == "own")
            origin = hosts.A.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        if (status == 403)
            (await SocketClient.RefusedAsync(hosts.A, "/ws/jobs", _jane.Token, origin)).ShouldBe(status);
        else
            using (await SocketClient.OpenAsync(hosts.A, "/ws/jobs", _jane.Token, origin)) { }
    }

    [Fact]
    public async Task Who_asks_for_no_WebSocket_is_told_to()
    {
        using var answer = await hosts.A.Client.SendAsync(Get("/ws/jobs"), Cancel);
        (await answer.RefusalAsync()).ShouldBe("426 upgrade-required");
        answer.Headers.Upgrade.ToString().ShouldBe("websocket");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Asks the second host for every passage, and reads nothing of its answer.</summary>
    private async Task<Socket> StallAsync(bool byWebSocket)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4096, // so that little is on its way
        };
        var address = hosts.B.Client.BaseAddress!;
        await socket.ConnectAsync(address.Host, address.Port, Cancel);
        var (path, upgrade) = byWebSocket
            ? (
                "/ws/jobs",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            )
            : ("/api/v1/events/live", "");
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"GET {path}?type=job.chunk_done HTTP/1.1\r\nHost: {address.Authority}\r\n"
                    + $"Authorization: Bearer {_jane.Token}\r\n{upgrade}\r\n"
            ),
            Cancel
        );
        return socket;
    }

    /// <summary>Reads what is still on its way, until the host's end of the connection is closed.</summary>
    private static async Task EndAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancel) > 0) { }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // cut off in the middle
        }
    }

    private HttpRequestMessage Get(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", _jane.Token);
        return request;
    }

    private Task<int> FollowAsync(int clients) =>
        Eventually.IsAsync(() => Task.FromResult(hosts.B.Listeners), listeners => listeners >= clients, "they follow");
}
