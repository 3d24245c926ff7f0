using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Lectern.Tests.Activity.Live;

/// <summary>A message as a client got it.</summary>
/// <param name="Type">Its name.</param>
/// <param name="Id">The event's id; null for what has none. Of a WebSocket, the one in the JSON.</param>
/// <param name="Data">The JSON.</param>
internal sealed record Received(string Type, string? Id, JsonNode Data);

/// <summary>Somebody who is told: over server-sent events or a WebSocket.</summary>
internal interface ILiveClient : IDisposable
{
    /// <summary>The next message; null at the end.</summary>
    Task<Received?> NextAsync();
}

internal static class LiveClients
{
    /// <summary>How long a message may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The next message that is no progress.</summary>
    public static async Task<Received?> NextEventAsync(this ILiveClient client)
    {
        while (true)
        {
            var next = await client.NextAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
            if (next is not { Type: "progress" })
                return next;
        }
    }

    /// <summary>All that is no progress, up to the end.</summary>
    public static async Task<List<Received>> RestAsync(this ILiveClient client)
    {
        var all = new List<Received>();
        while (await client.NextEventAsync() is { } next)
            all.Add(next);
        return all;
    }
}

/// <summary>Reads server-sent events as the HTML standard says.</summary>
internal sealed class SseClient : ILiveClient
{
    private readonly HttpResponseMessage _answer;
    private readonly StreamReader _lines;

    private SseClient(HttpResponseMessage answer, Stream body)
    {
        _answer = answer;
        _lines = new StreamReader(body);
    }

    public HttpResponseMessage Answer => _answer;

    /// <summary>Comments that came: signs of life.</summary>
    public int Beats { get; private set; }

    public static async Task<SseClient> OpenAsync(HttpClient http, string path, string? token, string? lastId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1" + path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (lastId is not null)
            request.Headers.Add("Last-Event-ID", lastId);
        var cancel = TestContext.Current.CancellationToken;
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return new SseClient(answer, await answer.Content.ReadAsStreamAsync(cancel));
    }

    public async Task<Received?> NextAsync()
    {
        string? type = null,
            id = null;
        JsonNode? data = null;
        while (await _lines.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            switch (line.Split(':', 2))
            {
                case [""] when data is not null:
                    return new Received(type!, id, data);
                case ["", ""]:
                    Beats++;
                    break;
                case ["event", var value]:
                    type = value[1..];
                    break;
                case ["id", var value]:
                    id = value[1..];
                    break;
                case ["data", var value]:
                    data = JsonNode.Parse(value);
                    break;
                default:
                    break;
            }

        return null;
    }

    public void Dispose()
    {
        _lines.Dispose();
        _answer.Dispose();
    }
}

/// <summary>.NET's own WebSocket client.</summary>
internal sealed class SocketClient : ILiveClient
{
    private SocketClient(ClientWebSocket socket) => Socket = socket;

    public ClientWebSocket Socket { get; }

    /// <summary>Why the host closed, as <c>1000 job_ended</c>.</summary>
    public string Why => $"{(int?)Socket.CloseStatus} {Socket.CloseStatusDescription}";

    public static async Task<SocketClient> OpenAsync(LiveHost host, string path, string? token, string? origin = null)
    {
        var socket = new ClientWebSocket();
        var client = await TryAsync(socket, host, path, token, origin);
        socket.State.ShouldBe(WebSocketState.Open, $"{socket.HttpStatusCode}");
        return client;
    }

    /// <summary>The status of an upgrade that is refused.</summary>
    public static async Task<int> RefusedAsync(LiveHost host, string path, string? token, string? origin = null)
    {
        using var socket = new ClientWebSocket();
        using var client = await TryAsync(socket, host, path, token, origin);
        socket.State.ShouldNotBe(WebSocketState.Open);
        return (int)socket.HttpStatusCode;
    }

    public async Task<Received?> NextAsync()
    {
        var buffer = new byte[16 * 1024];
        var size = 0;
        while (true)
        {
            var part = await Socket.ReceiveAsync(buffer.AsMemory(size), TestContext.Current.CancellationToken);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                if (Socket.State == WebSocketState.CloseReceived)
                    await Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                return null;
            }

            size += part.Count;
            if (!part.EndOfMessage)
                continue;
            var data = JsonNode.Parse(Encoding.UTF8.GetString(buffer, 0, size))!;
            return new Received((string)data["type"]!, (string?)data["id"], data);
        }
    }

    public void Dispose() => Socket.Dispose();

    private static async Task<SocketClient> TryAsync(
        ClientWebSocket socket,
        LiveHost host,
        string path,
        string? token,
        string? origin
    )
    {
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        try
        {
            await socket.ConnectAsync(new Uri(host.Sockets, path), TestContext.Current.CancellationToken);
        }
        catch (WebSocketException)
        {
            // refused: the status tells
        }

        return new SocketClient(socket);
    }
}
