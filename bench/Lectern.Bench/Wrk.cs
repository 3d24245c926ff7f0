using System.Diagnostics;
using System.Globalization;

namespace Lectern.Bench;

/// <summary>Closed-loop load from wrk, which takes little of the processors that it shares with the server.</summary>
internal static class Wrk
{
    /// <summary>So many connections, each with one request at a time; answers requests per second.</summary>
    /// <param name="url">The server.</param>
    /// <param name="script">Lua with a function <c>request</c>; <c>lines</c> has the lines of the file.</param>
    /// <param name="lines">One line for each different request.</param>
    /// <param name="seconds">How long.</param>
    /// <exception cref="InvalidOperationException">An answer wasn't a success.</exception>
    public static async Task<double> RunAsync(string url, string script, IEnumerable<string> lines, int seconds)
    {
        var folder = Directory.CreateTempSubdirectory("lectern-bench-wrk-");
        try
        {
            var (lua, data) = ($"{folder}/script.lua", $"{folder}/lines");
            await File.WriteAllTextAsync(
                lua,
                "lines = {}\nfunction init(args) for line in io.lines(args[1]) do lines[#lines + 1] = line end end\n"
                    + script
            );
            await File.WriteAllLinesAsync(data, lines);
            var start = new ProcessStartInfo(
                "wrk",
                ["-t1", "-c32", $"-d{seconds}s", "--timeout", "10s", "-s", lua, url, "--", data]
            )
            {
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (
                output.Contains("Non-2xx", StringComparison.Ordinal)
                || output.Contains("Socket errors", StringComparison.Ordinal)
            )
                throw new InvalidOperationException(output);
            var rate = output.Split('\n').First(l => l.StartsWith("Requests/sec:", StringComparison.Ordinal));
            return double.Parse(
                rate.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
