using System.Globalization;

namespace Lectern.Host.EmbeddedPostgres;

/// <summary>
/// Who the server runs as when the host is root, since Postgres refuses to be root: the account that Debian's packages
/// make for it, else nobody. A number without an account would do for the server, but not for initdb.
/// </summary>
/// <param name="Uid">The user.</param>
/// <param name="Gid">The user's group.</param>
internal sealed record ServerAccount(int Uid, int Gid)
{
    private const string Accounts = "/etc/passwd";

    /// <summary>The account.</summary>
    /// <exception cref="StartRefusedException">Neither exists.</exception>
    public static ServerAccount Find()
    {
        var lines = File.Exists(Accounts) ? File.ReadLines(Accounts).Select(line => line.Split(':')).ToList() : [];
        var found =
            lines.FirstOrDefault(fields => fields[0] == "postgres")
            ?? lines.FirstOrDefault(fields => fields[0] == "nobody");
        return found is { Length: > 3 }
            ? new ServerAccount(
                int.Parse(found[2], CultureInfo.InvariantCulture),
                int.Parse(found[3], CultureInfo.InvariantCulture)
            )
            : throw new StartRefusedException(
                "Postgres does not run as root, and there is no account postgres or nobody: start Lectern as another user."
            );
    }
}
