using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Lectern.Host.EmbeddedPostgres;

/// <summary>
/// A Postgres of our own, for those who bring none: on a unix socket in the data folder, as an unprivileged process.
/// It outlives a host that is killed, and the next host adopts it. Of several hosts on one data folder the first owns
/// the server, which means that it starts it, keeps it running and stops it; when the owner ends, another takes over.
/// </summary>
internal sealed class PrivateServer : IAsyncDisposable
{
    private const int Port = 5432; // only names the socket file
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly PostgresFolders _folders;
    private readonly string? _configuredBinaries;
    private readonly string _administration;
    private readonly ILogger<PrivateServer> _log;
    private readonly CancellationTokenSource _stopping = new();
    private FileStream? _ownership;
    private PostgresBinaries? _binaries;
    private Task _watching = Task.CompletedTask;

    /// <summary>Names the server; nothing is started yet.</summary>
    /// <param name="folders">Where its files are.</param>
    /// <param name="configuredBinaries">Where its programs are; null to search.</param>
    /// <param name="log">Told of every start, adoption, restart and stop.</param>
    public PrivateServer(PostgresFolders folders, string? configuredBinaries, ILogger<PrivateServer> log)
    {
        _folders = folders;
        _configuredBinaries = configuredBinaries;
        _log = log;
        ConnectionString = ConnectionStringFor(folders);
        _administration = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Database = "postgres", // exists before lectern does
            Pooling = false,
            Timeout = 5,
        }.ConnectionString;
    }

    /// <summary>Reaches the database <c>lectern</c>, once the server is started.</summary>
    public string ConnectionString { get; }

    /// <summary>How a server with these folders is reached.</summary>
    public static string ConnectionStringFor(PostgresFolders folders) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = folders.Socket,
            Port = Port,
            Username = "lectern",
            Database = "lectern",
        }.ConnectionString;

    /// <summary>Whether this host stops the server when it ends.</summary>
    public bool IsOwner => _ownership is not null;

    /// <summary>Starts, adopts or joins the server, and keeps it running until this is disposed.</summary>
    /// <exception cref="StartRefusedException">No programs, wrong version, or the server doesn't come up.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await EnsureRunningAsync(cancellationToken);
        if (_binaries is null)
            _log.LogInformation("Embedded Postgres was running already in {Folder}", _folders.Cluster);
        await EnsureDatabaseAsync(cancellationToken);
        _watching = WatchAsync(_stopping.Token);
    }

    /// <summary>Stops the server if it is ours to stop.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _watching;
        NpgsqlConnection.ClearPool(new NpgsqlConnection(ConnectionString));
        if (_ownership is not null)
        {
            await StopAsync();
            await _ownership.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private async Task EnsureRunningAsync(CancellationToken cancellationToken)
    {
        await CreateFoldersAsync(cancellationToken);
        var patience = Stopwatch.StartNew();
        var reason = "";
        while (patience.Elapsed < Patience)
        {
            _ownership ??= TryOwn();
            if (await AcceptsAsync(cancellationToken))
                return;
            if (_ownership is not null)
            {
                (var started, reason) = await TryStartAsync(cancellationToken);
                if (started)
                    return;
            }

            // The server is coming up or going down, or the backends of a killed one have not noticed yet.
            await Task.Delay(Pause, cancellationToken);
        }

        throw new StartRefusedException(
            $"The embedded Postgres in {_folders.Root} does not start: {LastLine(reason)} See {_folders.Log}."
        );
    }

    private async Task<(bool Started, string Reason)> TryStartAsync(CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        _binaries ??= Choose();
        var isNew = !File.Exists(Path.Combine(_folders.Cluster, "PG_VERSION"));
        if (isNew)
            await InitializeAsync(_binaries, cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(_folders.Cluster, "postgresql.conf"),
            PostgresConfiguration.Text(_folders.Socket),
            cancellationToken
        );
        if (StaleServer.Forget(_folders.Cluster, _folders.Socket))
            _log.LogWarning("The embedded Postgres had been killed; it recovers from its log");

        // pg_ctl gives the server a session of its own, so that Ctrl+C in a terminal stops the host first.
        var (started, output) = await RunAsync(
            "pg_ctl",
            ["start", "-D", _folders.Cluster, "-l", _folders.Log, "-w", "-s", "-t", "60", "-o", $"-p {Port}"],
            cancellationToken
        );
        if (started)
        {
            var took = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
            _log.LogInformation(
                "Embedded Postgres {Major} started in {Folder} after {Milliseconds:F0} ms{Note}",
                _binaries.Major,
                _folders.Cluster,
                took,
                isNew ? " (new)" : ""
            );
        }

        return (started, output);
    }

    private PostgresBinaries Choose()
    {
        var found = PostgresBinaries.Find(_configuredBinaries);
        if (found.Count == 0)
        {
            throw new StartRefusedException(
                $"No Postgres {PostgresBinaries.OldestMajor} or newer is installed: install postgresql, or set "
                    + "ConnectionStrings__Lectern to a server of your own."
            );
        }

        var versionFile = Path.Combine(_folders.Cluster, "PG_VERSION");
        if (!File.Exists(versionFile))
            return found[0];
        var version = File.ReadAllText(versionFile).Trim();
        return found.FirstOrDefault(binaries => $"{binaries.Major}" == version)
            ?? throw new StartRefusedException(
                $"The data in {_folders.Cluster} was written by Postgres {version}, but only "
                    + $"{string.Join(", ", found.Select(binaries => binaries.Major))} is installed: install Postgres "
                    + $"{version}, or move the data over with pg_dump."
            );
    }

    private async Task InitializeAsync(PostgresBinaries binaries, CancellationToken cancellationToken)
    {
        // initdb empties its folder when it fails, but not when it is killed: make the cluster beside, then rename.
        var unfinished = _folders.Cluster + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        var (succeeded, output) = await RunAsync(
            "initdb",
            [
                "-D",
                unfinished,
                "--username=lectern",
                "--auth=trust", // the socket's folder is the lock: only the server's user and root may enter it
                "--encoding=UTF8",
                OperatingSystem.IsLinux() ? "--locale=C.UTF-8" : "--locale=C",
            ],
            cancellationToken
        );
        if (!succeeded)
            throw new StartRefusedException($"initdb of Postgres {binaries.Major} failed: {LastLine(output)}");
        Directory.Move(unfinished, _folders.Cluster);
    }

    private async Task EnsureDatabaseAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_administration);
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = 'lectern'", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
            return;
        try
        {
            await using var create = new NpgsqlCommand("create database lectern", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is "42P04" or "23505")
        {
            // another host was faster
        }
    }

    /// <summary>Waits on an idle connection, which breaks at the moment that the server dies.</summary>
    private async Task WatchAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(_administration);
                await connection.OpenAsync(stopping);
                while (true)
                    await connection.WaitAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or SocketException)
            {
                _log.LogWarning("The embedded Postgres is gone ({Reason}); it is started again", exception.Message);
            }

            try
            {
                await EnsureRunningAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) // whatever it is, a host without its database must keep trying
            {
                _log.LogError("{Reason}", exception.Message);
            }
        }
    }

    private async Task StopAsync()
    {
        if (!await AcceptsAsync(CancellationToken.None))
            return;
        _binaries ??= Choose();
        // fast: roll back what is open and write a checkpoint, so that the next start has nothing to recover
        var (stopped, output) = await RunAsync(
            "pg_ctl",
            ["stop", "-D", _folders.Cluster, "-m", "fast", "-w", "-s", "-t", "30"],
            CancellationToken.None
        );
        if (stopped)
            _log.LogInformation("Embedded Postgres stopped");
        else
            _log.LogError("The embedded Postgres does not stop: {Reason}", LastLine(output));
    }

    private Task<(bool Succeeded, string Output)> RunAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken
    ) => PostgresProgram.RunAsync(_folders.RunAs, _binaries!.PathOf(program), arguments, cancellationToken);

    private async Task CreateFoldersAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folders.Root)!);
        foreach (var folder in new[] { _folders.Root, _folders.Socket })
        {
            if (_folders.RunAs is { } account)
            {
                // .NET can't change an owner; install does it and the mode in one step.
                var arguments = new[] { "-d", "-m", "0700", "-o", $"{account.Uid}", "-g", $"{account.Gid}", folder };
                var (succeeded, output) = await PostgresProgram.RunAsync(null, "install", arguments, cancellationToken);
                if (!succeeded)
                    throw new StartRefusedException($"The folder {folder} can't be made: {LastLine(output)}");
            }
            else
            {
                Directory.CreateDirectory(folder);
                // Fails for a folder that another user put there first, as could happen in /tmp.
                File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }

    // A file lock, which the kernel drops with the process however it ends.
    private FileStream? TryOwn()
    {
        try
        {
            return new FileStream(_folders.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task<bool> AcceptsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(_administration);
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static string LastLine(string output) => output.Split('\n')[^1].Trim();
}
