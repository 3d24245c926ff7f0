using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Lectern.Eventing;
using Lectern.Tests.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Accounts.Privacy;

/// <summary>
/// Looks for personal data wherever the program could have left it: a dump of the database, every file of the data
/// folder, the temporary folders, the export of the events, and the metrics.
/// </summary>
internal sealed class Traces(JobsHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Where each of them is: <c>what in where</c>, in order.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(IReadOnlyDictionary<string, byte[]> canaries)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        // bytea stands in a dump as hexadecimal.
        Look(await DumpAsync(), "database", c => [c, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(c))]);
        Look(await EventsAsync(), "events");
        Look(await host.Client.GetByteArrayAsync("/metrics", Cancel), "metrics");
        foreach (var file in Files(host.DataFolder))
            Look(await ReadAsync(file), Path.GetRelativePath(host.DataFolder, file).Split('/')[0]);
        foreach (var folder in TemporaryFolders())
        foreach (var file in Files(folder))
            Look(await ReadAsync(file), "temporary");
        return [.. found];

        void Look(byte[] content, string place, Func<byte[], byte[][]>? spellings = null)
        {
            foreach (var (what, canary) in canaries)
                if ((spellings?.Invoke(canary) ?? [canary]).Any(spelling => content.AsSpan().IndexOf(spelling) >= 0))
                    found.Add($"{what} in {place}");
        }
    }

    private async Task<byte[]> DumpAsync()
    {
        var connection = new NpgsqlConnectionStringBuilder(host.ConnectionString);
        var binaries = Directory
            .GetDirectories("/usr/lib/postgresql")
            .OrderByDescending(d => int.Parse(Path.GetFileName(d), null));
        var start = new ProcessStartInfo(
            Path.Combine(binaries.First(), "bin", "pg_dump"),
            ["-h", connection.Host!, "-U", connection.Username!, "--no-sync", connection.Database!]
        )
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        using var dump = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(dump, Cancel);
        await process.WaitForExitAsync(Cancel);
        process.ExitCode.ShouldBe(0);
        Encoding
            .UTF8.GetString(dump.GetBuffer(), 0, (int)dump.Length)
            .ShouldContain("PostgreSQL database dump complete");
        return dump.ToArray();
    }

    private async Task<byte[]> EventsAsync()
    {
        using var export = new MemoryStream();
        await foreach (var stored in host.Services.GetRequiredService<EventExport>().ReadAsync(null, Cancel))
            await JsonSerializer.SerializeAsync(export, stored, cancellationToken: Cancel);
        export.Length.ShouldBeGreaterThan(1000);
        return export.ToArray();
    }

    /// <summary>What runs of programs leave behind; not the test run's own databases, whose files hold what was deleted.</summary>
    private IEnumerable<string> TemporaryFolders() =>
        Directory
            .EnumerateDirectories(Path.GetTempPath(), "lectern-*")
            .Where(folder =>
                !Path.GetFileName(folder).StartsWith("lectern-pg-", StringComparison.Ordinal)
                && folder != host.DataFolder
            );

    private static List<string> Files(string folder)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(
                    folder,
                    "*",
                    new EnumerationOptions
                    {
                        RecurseSubdirectories = true,
                        IgnoreInaccessible = true,
                        AttributesToSkip = 0,
                    }
                ),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return []; // another test was done with it
        }
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        try
        {
            return await File.ReadAllBytesAsync(file, Cancel);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return []; // of another test, or a socket
        }
    }
}
