using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Lectern.Bench;

/// <summary>A server in a process of its own, so that its memory and its start are its own and not the bench's.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly string _log;

    private ChildProcess(Process process, string url, string log)
    {
        _process = process;
        _log = log;
        Url = url;
        Client = new HttpClient { BaseAddress = new Uri(url), Timeout = Timeout.InfiniteTimeSpan };
    }

    public string Url { get; }

    public HttpClient Client { get; }

    /// <summary>From before the process was made until it first answered with success.</summary>
    public TimeSpan StartTook { get; private set; }

    /// <summary>Starts a .NET program and asks it until it answers with success.</summary>
    /// <param name="environment">What it gets beside our own; its URL comes with it.</param>
    /// <param name="log">The file that takes what it prints, as a container's log would.</param>
    /// <param name="path">What is asked for.</param>
    /// <param name="token">A bearer token for it, if it wants one.</param>
    /// <param name="command">The program's DLL and its arguments.</param>
    public static async Task<ChildProcess> StartAsync(
        IReadOnlyDictionary<string, string> environment,
        string log,
        string path,
        string? token,
        params string[] command
    )
    {
        var url = $"http://127.0.0.1:{FreePort()}";
        // exec: the shell becomes the program, and so the process id is the program's.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1", log, "dotnet", .. command]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["ASPNETCORE_URLS"] = url;
        var clock = Stopwatch.StartNew();
        var child = new ChildProcess(Process.Start(start)!, url, log);
        while (!await child.AnswersAsync(path, token))
        {
            if (child._process.HasExited || clock.Elapsed > Patience)
                throw new InvalidOperationException($"{command[0]} didn't start: {await File.ReadAllTextAsync(log)}");
            await Task.Delay(2);
        }

        child.StartTook = clock.Elapsed;
        return child;
    }

    /// <summary>Resident memory in MiB.</summary>
    public double ResidentMegabytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status")
            .First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            / 1024;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var signal = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]);
        await signal.WaitForExitAsync();
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(string path, string? token)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await Client.SendAsync(request);
            return answer.IsSuccessStatusCode
                ? true
                : throw new InvalidOperationException(
                    $"{path} answered {answer.StatusCode}: {await File.ReadAllTextAsync(_log)}"
                );
        }
        catch (HttpRequestException)
        {
            return false; // it doesn't listen yet
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
