using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Lectern.Host.EmbeddedPostgres;

/// <summary>The programs of one installed Postgres.</summary>
/// <param name="Folder">Holds <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</param>
/// <param name="Major">The major version; data folders belong to one.</param>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    /// <summary>The oldest version that the schema and the queries are written for.</summary>
    public const int OldestMajor = 15;

    /// <summary>What is installed, newest first.</summary>
    /// <param name="configured">The only folder to look in; null to look where packages put it.</param>
    public static IReadOnlyList<PostgresBinaries> Find(string? configured)
    {
        var folders = configured is null ? UsualFolders() : [configured];
        return
        [
            .. folders
                .Where(folder => File.Exists(Path.Combine(folder, "initdb")))
                .Select(folder => (Folder: folder, Major: MajorOf(folder)))
                .Where(found => found.Major >= OldestMajor)
                .Select(found => new PostgresBinaries(found.Folder, found.Major))
                .DistinctBy(found => found.Major)
                .OrderByDescending(found => found.Major),
        ];
    }

    /// <summary>The full path of one of its programs.</summary>
    public string PathOf(string program) => Path.Combine(Folder, program);

    private static IEnumerable<string> UsualFolders()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return
        [
            .. Versions("/usr/lib/postgresql", "bin"),
            .. Versions("/opt/homebrew/opt", "bin"),
            .. Versions("/usr/local/opt", "bin"),
            .. path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        ];
    }

    private static IEnumerable<string> Versions(string parent, string child) =>
        Directory.Exists(parent)
            ? Directory.GetDirectories(parent).Select(version => Path.Combine(version, child))
            : [];

    private static int MajorOf(string folder)
    {
        // Debian's and Homebrew's folders tell the version; asking the program costs a process.
        var told = VersionInPath().Match(folder);
        if (told.Success)
            return int.Parse(told.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(Path.Combine(folder, "postgres"), ["--version"]) { RedirectStandardOutput = true }
            )!;
            var answer = VersionInAnswer().Match(process.StandardOutput.ReadToEnd());
            process.WaitForExit();
            return answer.Success ? int.Parse(answer.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 0; // an initdb without its server beside it
        }
    }

    [GeneratedRegex(@"/postgresql[@/](\d+)/bin$")]
    private static partial Regex VersionInPath();

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex VersionInAnswer();
}
