using System.Diagnostics;
using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Bench;

/// <summary>A private Postgres with production's durability, on a Unix socket in a temporary folder.</summary>
internal sealed class Postgres : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lectern-bench-").FullName;
    private readonly string _binaries = Directory
        .GetDirectories("/usr/lib/postgresql")
        .OrderByDescending(d => int.Parse(Path.GetFileName(d), null))
        .Select(d => Path.Combine(d, "bin"))
        .First();
    private int _databases;

    public static async Task<Postgres> StartAsync()
    {
        var postgres = new Postgres();
        if (Environment.UserName == "root")
            await RunAsync("chown", "65534:65534", postgres._folder);
        await postgres.RunAsUserAsync(
            "initdb",
            "-D",
            $"{postgres._folder}/data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C"
        );
        await postgres.RunAsUserAsync(
            "pg_ctl",
            "-s",
            "-D",
            $"{postgres._folder}/data",
            "-w",
            "-l",
            $"{postgres._folder}/log",
            "-o",
            $"-k {postgres._folder} -c listen_addresses= -c max_connections=300 -c shared_buffers=512MB -c max_wal_size=8GB -c jit=off",
            "start"
        );
        return postgres;
    }

    public string ConnectionString(string database) => $"Host={_folder};Username=postgres;Database={database}";

    /// <summary>What the figures depend on.</summary>
    public async Task<string> SettingsAsync()
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await using var command = source.CreateCommand(
            "select 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit') || ', shared_buffers ' || current_setting('shared_buffers')"
        );
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A new, migrated database, and a host on it that isn't started.</summary>
    public async Task<Database> DatabaseAsync(Parcels.Handled? handled = null)
    {
        var name = await EmptyDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(handled ?? new Parcels.Handled());
        var model = new EventingBuilder(builder.Services);
        Parcels.Register(model);
        builder.Services.AddEventing(model, _ => ConnectionString(name));
        var host = builder.Build();
        await host.Services.GetRequiredService<Migrations>().ApplyAsync(CancellationToken.None);
        return new Database(host, ConnectionString(name));
    }

    /// <summary>A new database with nothing in it; answers its name.</summary>
    public async Task<string> EmptyDatabaseAsync()
    {
        var name = $"bench{++_databases}";
        await using var source = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await using var create = source.CreateCommand($"create database {name}");
        await create.ExecuteNonQueryAsync();
        return name;
    }

    /// <summary>pgbench with a script; answers transactions per second.</summary>
    public async Task<double> PgbenchAsync(
        string database,
        string script,
        int clients,
        int seconds,
        string role = "postgres"
    )
    {
        var file = $"{_folder}/{Guid.NewGuid():n}.sql";
        await File.WriteAllTextAsync(file, script);
        var output = await RunAsUserAsync(
            "pgbench",
            "-h",
            _folder,
            "-U",
            "postgres",
            "-n",
            "-M",
            "prepared",
            "-c",
            $"{clients}",
            "-j",
            "2",
            "-T",
            $"{seconds}",
            "-f",
            file,
            $"dbname={database} options='-c role={role}'"
        );
        var tps = output.Split('\n').First(l => l.StartsWith("tps = ", StringComparison.Ordinal));
        return double.Parse(tps.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsUserAsync("pg_ctl", "-D", $"{_folder}/data", "-w", "-m", "immediate", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    // Postgres refuses to run as root, and initdb wants an account that exists: nobody.
    private Task<string> RunAsUserAsync(string program, params string[] arguments) =>
        Environment.UserName == "root"
            ? RunAsync(
                "setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", Path.Combine(_binaries, program), .. arguments]
            )
            : RunAsync(Path.Combine(_binaries, program), arguments);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            // pg_ctl's server would inherit the pipes and keep them open
            RedirectStandardOutput = !arguments.Contains("start"),
            WorkingDirectory = "/",
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = start.RedirectStandardOutput ? await process.StandardOutput.ReadToEndAsync() : "";
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed.");
    }
}

/// <summary>A database of one measurement, with a host on it.</summary>
internal sealed record Database(IHost Host, string ConnectionString) : IAsyncDisposable
{
    public EventStore Store => Host.Services.GetRequiredService<EventStore>();

    public string Name => new NpgsqlConnectionStringBuilder(ConnectionString).Database!;

    /// <summary>Plain Npgsql with the settings that Eventing uses.</summary>
    public NpgsqlDataSource Plain { get; } =
        NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(ConnectionString)
            {
                MaxPoolSize = 40,
                MaxAutoPrepare = 200,
                AutoPrepareMinUsages = 2,
                Enlist = false,
                NoResetOnClose = true,
            }
        );

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Plain.CreateCommand(sql);
        command.CommandTimeout = 0;
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Plain.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync();
        Host.Dispose();
        await Plain.DisposeAsync();
    }
}
