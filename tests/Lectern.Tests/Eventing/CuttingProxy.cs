using System.Net.Sockets;

namespace Lectern.Tests.Eventing;

/// <summary>
/// Stands between Npgsql and Postgres, and cuts connections where it hurts: after the server has answered a request, or
/// while it is at work on it, and before the client hears of it. That is a commit whose outcome is unknown.
/// </summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lectern-proxy-").FullName;
    private readonly string _server;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<bool> _cutsAtRandom;
    private Func<Task>? _beforeNextCut;
    private Func<Task>? _afterNextRequest;
    private int _cuts;

    /// <param name="connectionString">Of the server, on a Unix socket.</param>
    /// <param name="cutsAtRandom">Asked at each answer.</param>
    public CuttingProxy(string connectionString, Func<bool>? cutsAtRandom = null)
    {
        var settings = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
        _server = $"{settings.Host}/.s.PGSQL.5432";
        settings.Host = _folder;
        ConnectionString = settings.ToString();
        _cutsAtRandom = cutsAtRandom ?? (() => false);
        _listener.Bind(new UnixDomainSocketEndPoint($"{_folder}/.s.PGSQL.5432"));
        _listener.Listen(100);
        _ = AcceptAsync();
    }

    public string ConnectionString { get; }

    public int Cuts => _cuts;

    /// <summary>The next answer on any connection is swallowed and the connection is cut.</summary>
    /// <param name="meanwhile">Happens when the server has answered and the client doesn't know.</param>
    public void CutNextAnswer(Func<Task>? meanwhile = null) => _beforeNextCut = meanwhile ?? (() => Task.CompletedTask);

    /// <summary>The next request on any connection reaches the server, and the connection is cut while it is at work.</summary>
    public void CutAfterNextRequest() => _afterNextRequest = () => Task.CompletedTask;

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException) { }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            try
            {
                await server.ConnectAsync(new UnixDomainSocketEndPoint(_server), _stop.Token);
                await Task.WhenAny(
                    PumpAsync(
                        client,
                        server,
                        () => Interlocked.Exchange(ref _afterNextRequest, null),
                        cutsBehind: true
                    ),
                    PumpAsync(server, client, NextCut, cutsBehind: false)
                );
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException) { }
        }
    }

    private Func<Task>? NextCut() =>
        Interlocked.Exchange(ref _beforeNextCut, null) ?? (_cutsAtRandom() ? () => Task.CompletedTask : null);

    private async Task PumpAsync(Socket from, Socket to, Func<Func<Task>?> cut, bool cutsBehind)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is var count and > 0)
            {
                var meanwhile = cut();
                for (var sent = 0; sent < count && (meanwhile is null || cutsBehind); )
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
                if (meanwhile is null)
                    continue;
                Interlocked.Increment(ref _cuts);
                await meanwhile();
                return;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException) { }
    }
}
