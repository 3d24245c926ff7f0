using System.Diagnostics;
using Lectern.Eventing;
using Npgsql;

namespace Lectern.Tests.Postgres;

/// <summary>
/// A private Postgres from the local binaries, on a Unix socket in a temporary folder; fsync on, as in production. One
/// serves the whole run (<see cref="SharedAsync"/>); tests that kill Postgres make their own.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private const string Prefix = "lectern-pg-";

    /// <summary>
    /// A run makes a thousand databases that live for seconds: nothing in them needs vacuuming, and whoever does it would
    /// look into all of them all the time. And what is copied for them must not lead to a checkpoint each minute.
    /// </summary>
    private const string ForManyDatabases = "-c autovacuum=off -c max_wal_size=4GB";

    private static readonly Lazy<Task<PostgresCluster>> Shared = new(async () =>
    {
        _ = Task.Run(RemoveLeftOver); // hundreds of thousands of files: no test waits for that
        var cluster = await StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.Stop("immediate");
        return cluster;
    });

    private readonly string _folder;
    private readonly string _binaries;
    private readonly string[] _asUser;
    private readonly MigratedTemplates _templates;

    private PostgresCluster(string folder)
    {
        _folder = folder;
        _templates = new MigratedTemplates(this);
        _binaries = Directory
            .GetDirectories("/usr/lib/postgresql")
            .OrderByDescending(d => int.Parse(Path.GetFileName(d), null))
            .Select(d => Path.Combine(d, "bin"))
            .First();
        // Postgres refuses to run as root, and initdb wants an account that exists: nobody.
        _asUser = Environment.UserName == "root" ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
    }

    /// <summary>The cluster of this run.</summary>
    public static Task<PostgresCluster> SharedAsync() => Shared.Value;

    public static async Task<PostgresCluster> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory(Prefix).FullName;
        File.WriteAllText(OwnerOf(folder), $"{Environment.ProcessId}");
        var cluster = new PostgresCluster(folder);
        if (cluster._asUser.Length > 0)
            Run("chown", "65534:65534", folder);
        cluster.RunAsUser(
            "initdb",
            "-D",
            $"{folder}/data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N"
        );
        cluster.Start();
        await using var source = NpgsqlDataSource.Create(cluster.ConnectionString("postgres"));
        await using var check = source.CreateCommand("select 1");
        await check.ExecuteScalarAsync();
        return cluster;
    }

    public string ConnectionString(string database) =>
        $"Host={_folder};Username=postgres;Database={database};Include Error Detail=true";

    public void Start() =>
        RunAsUser(
            "pg_ctl",
            "-D",
            $"{_folder}/data",
            "-w",
            "-l",
            $"{_folder}/log",
            "-o",
            $"-k {_folder} -c listen_addresses= -c max_connections=200 -c shared_buffers=128MB -c jit=off {ForManyDatabases}",
            "start"
        );

    /// <summary>Stops it: <c>fast</c>, or <c>immediate</c>, which is a crash.</summary>
    public void Stop(string mode) => RunAsUser("pg_ctl", "-D", $"{_folder}/data", "-w", "-m", mode, "stop");

    /// <summary>SIGKILL of the server's first process; the others notice and end by themselves.</summary>
    public void Kill()
    {
        var id = File.ReadLines($"{_folder}/data/postmaster.pid").First();
        Process.GetProcessById(int.Parse(id, null)).Kill();
    }

    /// <summary>Starts it after a crash, as soon as nothing of the old server is left.</summary>
    public void Restart()
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Start();
                return;
            }
            catch (InvalidOperationException) when (waiting.Elapsed < TimeSpan.FromSeconds(30))
            {
                // A process of the old server still holds its shared memory.
            }
        }
    }

    /// <summary>A database that is as a start of a host with this model leaves an empty one.</summary>
    public async Task CreateMigratedAsync(string name, EventingBuilder model) =>
        await CreateDatabaseAsync(name, await _templates.OfAsync(model));

    /// <summary>An empty database, or a copy of another one that nobody is connected to.</summary>
    public async Task CreateDatabaseAsync(string name, string? template = null)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await using var create = source.CreateCommand(
            $"create database {name}{(template is null ? "" : $" template {template}")}"
        );
        await create.ExecuteNonQueryAsync();
    }

    /// <summary>Everything in a database, as a backup would have it.</summary>
    public async Task<string> DumpAsync(string database)
    {
        var start = new ProcessStartInfo(Path.Combine(_binaries, "pg_dump"))
        {
            ArgumentList = { "-h", _folder, "-U", "postgres", database },
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException("pg_dump failed.");
    }

    public ValueTask DisposeAsync()
    {
        try
        {
            Stop("immediate");
        }
        catch (InvalidOperationException)
        {
            // A test that killed it and then failed must show its own failure, not this one.
        }

        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string OwnerOf(string folder) => Path.Combine(folder, "owner");

    /// <summary>A run leaves gigabytes behind, and one that was killed its servers, too.</summary>
    private static void RemoveLeftOver()
    {
        var running = Process.GetProcesses().ToDictionary(process => $"{process.Id}");
        foreach (var folder in Directory.GetDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            try
            {
                RemoveUnlessOwned(folder, running);
            }
            catch (IOException)
            {
                // Another run, which has begun just now, removes it as well.
            }
        }
    }

    private static void RemoveUnlessOwned(string folder, Dictionary<string, Process> running)
    {
        // Without an owner it is just being made.
        if (!File.Exists(OwnerOf(folder)) || File.ReadAllText(OwnerOf(folder)) is not { Length: > 0 } owner)
            return;
        if (running.ContainsKey(owner))
            return;
        var server = Path.Combine(folder, "data", "postmaster.pid");
        if (
            File.Exists(server)
            && running.TryGetValue(File.ReadLines(server).First(), out var process)
            && process.ProcessName == "postgres"
        )
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        Directory.Delete(folder, recursive: true);
    }

    private void RunAsUser(string program, params string[] arguments) =>
        Run([.. _asUser, Path.Combine(_binaries, program), .. arguments]);

    private static void Run(params string[] command)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        // pg_ctl's server inherits the pipes, so they are not read to their end
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {process.StandardError.ReadToEnd()}");
    }
}
