using System.Buffers;
using System.Net.WebSockets;

namespace Lectern.Activity.Live;

/// <summary>A WebSocket (RFC 6455): each message is a text frame. What clients send is bounded and has no meaning yet.</summary>
internal sealed class LiveSocket(WebSocket socket, TimeProvider time) : ILiveWire
{
    /// <summary>Bytes of a message that a client may send.</summary>
    public const int LargestMessage = 64 * 1024;

    /// <summary>Messages that a client may send within <see cref="FloodWindow"/>.</summary>
    public const int MostMessages = 50;

    /// <summary>See <see cref="MostMessages"/>.</summary>
    public static readonly TimeSpan FloodWindow = TimeSpan.FromSeconds(10);

    /// <summary>For the client's answer to our close: what it has yet to read may be on its way for seconds.</summary>
    private static readonly TimeSpan PatienceWithClose = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _clientHasEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task BeginAsync() => Task.CompletedTask;

    public ValueTask WriteAsync(LiveMessage message) =>
        socket.SendAsync(message.Json, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public ValueTask FlushAsync() => ValueTask.CompletedTask;

    // ASP.NET pings, and cuts off who doesn't answer.
    public ValueTask BeatAsync() => ValueTask.CompletedTask;

    public async Task EndAsync(LiveEnd end)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;
        await socket.CloseOutputAsync(end.Status, end.Reason, CancellationToken.None);
        await _clientHasEnded
            .Task.WaitAsync(PatienceWithClose, time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Abort() => socket.Abort();

    /// <summary>
    /// Reads what the client sends until it says good-bye, vanishes, or goes too far; says which. What comes afterwards is
    /// thrown away until the client has heard it, since a reset in the middle would take our last word from it.
    /// </summary>
    public async Task<LiveEnd> ReceiveAsync()
    {
        try
        {
            var end = await ReadAsync();
            if (end == LiveEnd.ClientLeft)
                _clientHasEnded.TrySetResult();
            else
                _ = DrainAsync();
            return end;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            _clientHasEnded.TrySetResult();
            return LiveEnd.ClientLeft; // without a word
        }
    }

    private async Task<LiveEnd> ReadAsync()
    {
        var (count, since, size) = (0, time.GetTimestamp(), 0);
        while (true)
        {
            // Waiting takes no buffer: most clients never send anything.
            var part = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            if (part is { EndOfMessage: false, MessageType: not WebSocketMessageType.Close })
                part = await ReceivePartAsync();
            if (part.MessageType == WebSocketMessageType.Close)
                return LiveEnd.ClientLeft;
            size += part.Count;
            if (size > LargestMessage)
                return LiveEnd.MessageTooBig;
            if (part is { EndOfMessage: false, Count: > 0 })
                continue;
            if (part.EndOfMessage)
                size = 0;
            if (time.GetElapsedTime(since) > FloodWindow)
                (count, since) = (0, time.GetTimestamp());
            if (++count > MostMessages)
                return LiveEnd.Flood;
        }
    }

    private async Task DrainAsync()
    {
        try
        {
            while ((await ReceivePartAsync()).MessageType != WebSocketMessageType.Close) { }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // cut off: there is nobody to wait for
        }

        _clientHasEnded.TrySetResult();
    }

    private async Task<ValueWebSocketReceiveResult> ReceivePartAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            return await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
