using System.Diagnostics;

namespace Lectern.Host.EmbeddedPostgres;

/// <summary>Runs the programs of Postgres, as the server's user.</summary>
internal static class PostgresProgram
{
    /// <summary>Runs one to its end; what it said and whether it went well.</summary>
    public static async Task<(bool Succeeded, string Output)> RunAsync(
        ServerAccount? runAs,
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken
    )
    {
        string[] command = runAs is { } account
            ? ["setpriv", $"--reuid={account.Uid}", $"--regid={account.Gid}", "--clear-groups", program]
            : [program];
        var start = new ProcessStartInfo(command[0], [.. command[1..], .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/", // ours may be closed to the server's user
        };
        // libpq's variables would point the tools elsewhere, and the server's messages are read in English.
        foreach (
            var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList()
        )
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode == 0, (await errors + await output).Trim());
    }
}
