using System.Collections.Concurrent;
using System.Diagnostics;

namespace Lectern.Tests.Recovery;

/// <summary>The real host as a process of its own, which can be killed.</summary>
internal sealed class HostProcess : IDisposable
{
    private const int LinesKept = 200;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private HostProcess(Process process) => _process = process;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>The end of what it wrote, for a failed test's message.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts <c>lectern serve</c>; it isn't ready yet.</summary>
    /// <param name="settings">Environment variables that it is given besides PATH, HOME and TMPDIR.</param>
    public static HostProcess Start(IReadOnlyDictionary<string, string> settings)
    {
        // The host is referred to by the tests, so its program lies beside them.
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "lectern.dll"), "serve"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsOfLectern).ToList())
            start.Environment.Remove(name);
        start.Environment["DOTNET_TieredPGO"] = "0"; // as the tests themselves: it lives for seconds only
        foreach (var (name, value) in settings)
            start.Environment[name] = value;

        var host = new HostProcess(Process.Start(start)!);
        host._process.OutputDataReceived += (_, line) => host.Keep(line.Data);
        host._process.ErrorDataReceived += (_, line) => host.Keep(line.Data);
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        return host;
    }

    /// <summary>SIGKILL: what it was about to do, it won't.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM: it is asked to stop.</summary>
    public void Terminate()
    {
        // The shell's own kill: a bare Debian has no program of that name.
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]);
        kill.WaitForExit();
    }

    public Task WaitForExitAsync(CancellationToken cancel) => _process.WaitForExitAsync(cancel);

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static bool IsOfLectern(string name) =>
        name.StartsWith("Lectern", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ConnectionStrings", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE", StringComparison.OrdinalIgnoreCase);

    private void Keep(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        while (_output.Count > LinesKept)
            _output.TryDequeue(out _);
    }
}
