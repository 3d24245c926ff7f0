using System.Security.Cryptography;
using System.Text;

namespace Lectern.Host.EmbeddedPostgres;

/// <summary>Where the private server's files are, and who owns them.</summary>
/// <param name="Root">Holds the rest; closed to everyone but the server's user.</param>
/// <param name="Socket">The folder of the unix socket.</param>
/// <param name="RunAs">Who the server runs as; null for who we are.</param>
internal sealed record PostgresFolders(string Root, string Socket, ServerAccount? RunAs)
{
    // sockaddr_un holds 104 bytes on macOS and 108 on Linux, with "/.s.PGSQL.5432" and a final NUL.
    private const int LongestSocketFolder = 104 - 15;

    /// <summary>The data folder, in the sense of <c>initdb</c>.</summary>
    public string Cluster => Path.Combine(Root, "cluster");

    /// <summary>What the server says before it reads its configuration, and after.</summary>
    public string Log => Path.Combine(Root, "server.log");

    /// <summary>Locked by the host that started the server and will stop it.</summary>
    public string Lock => Path.Combine(Root, "owner.lock");

    /// <summary>Chooses the folders for an installation's data folder.</summary>
    public static PostgresFolders For(string dataFolder)
    {
        var data = Path.GetFullPath(dataFolder);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..12];
        var isRoot = Environment.IsPrivilegedProcess;

        // The server's user must be able to reach its files: a clone in /root is closed to it.
        var root =
            isRoot && !IsReachableByOthers(data) ? $"/var/lib/lectern/{name}/postgres" : Path.Combine(data, "postgres");
        var socket = Path.Combine(root, "socket");
        if (Encoding.UTF8.GetByteCount(socket) > LongestSocketFolder)
            socket = Path.Combine(ShortFolder(isRoot), $"lectern-{name}");
        return new PostgresFolders(root, socket, isRoot ? ServerAccount.Find() : null);
    }

    private static string ShortFolder(bool isRoot) =>
        isRoot ? "/run"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 and < 60 } own ? own
        : "/tmp";

    private static bool IsReachableByOthers(string folder)
    {
        for (var parent = Path.GetDirectoryName(folder); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (Directory.Exists(parent) && !File.GetUnixFileMode(parent).HasFlag(UnixFileMode.OtherExecute))
                return false;
        }

        return true;
    }
}
