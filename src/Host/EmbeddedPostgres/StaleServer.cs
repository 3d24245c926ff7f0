namespace Lectern.Host.EmbeddedPostgres;

/// <summary>
/// Tells whether a <c>postmaster.pid</c> is left over. Postgres sees to most of it, but refuses to start when the
/// number in the file belongs to some other process by now, or to a zombie: both happen in containers, where numbers
/// start again at 1 and nobody reaps.
/// </summary>
internal static class StaleServer
{
    private const string Processes = "/proc";

    /// <summary>Removes what a killed server left when no live process works in its folder; whether it did.</summary>
    public static bool Forget(string cluster, string socketFolder)
    {
        var file = Path.Combine(cluster, "postmaster.pid");
        // Without /proc (macOS) the question can't be answered safely, and Postgres's own rule stands.
        if (!File.Exists(file) || !Directory.Exists(Path.Combine(Processes, "self")))
            return false;
        if (Directory.EnumerateDirectories(Processes).Any(process => WorksIn(process, cluster)))
            return false;
        File.Delete(file);
        foreach (var left in Directory.EnumerateFiles(socketFolder, ".s.PGSQL.*")) // the socket and its lock
            File.Delete(left);
        return true;
    }

    // The server and each of its backends stay in the cluster's folder. A zombie has no folder any more.
    private static bool WorksIn(string process, string folder)
    {
        try
        {
            return Directory.ResolveLinkTarget(Path.Combine(process, "cwd"), returnFinalTarget: false)?.FullName
                == folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // gone meanwhile, or another user's and so not our server
        }
    }
}
