using System.Diagnostics;
using System.Globalization;
using Lectern.Host;
using Lectern.Host.Database;
using Lectern.Host.EmbeddedPostgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Lectern.Tests.Host.EmbeddedPostgres;

/// <summary>On the real programs; a cluster takes about a second to make, so the cases share what they can.</summary>
public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task It_starts_once_keeps_data_and_is_stopped_by_its_owner()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using (var first = Server())
        {
            await first.StartAsync(cancellation);
            first.IsOwner.ShouldBeTrue();
            await ExecuteAsync(first, "create table kept (text text); insert into kept values ('Grüße')");
            (await ScalarAsync(first, "show listen_addresses")).ShouldBe("");
            (await ScalarAsync(first, "show fsync")).ShouldBe("on");
            (await ScalarAsync(first, "show server_encoding")).ShouldBe("UTF8");
            File.GetUnixFileMode(Folders.Socket)
                .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.Exists(PidFile).ShouldBeFalse("the server was stopped");
        await using var second = Server();
        await second.StartAsync(cancellation);
        (await ScalarAsync(second, "select text from kept")).ShouldBe("Grüße");
    }

    [Fact]
    public async Task A_server_that_outlived_its_host_is_adopted_and_then_stopped()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var orphan = await StartOrphanAsync();

        await using (var adopter = Server())
        {
            await adopter.StartAsync(cancellation);
            adopter.IsOwner.ShouldBeTrue();
            Pid().ShouldBe(orphan, "it is the same server");
        }

        File.Exists(PidFile).ShouldBeFalse("the new owner stopped it");
    }

    [Fact]
    public async Task A_server_that_was_killed_with_its_host_recovers_what_was_acknowledged()
    {
        var orphan = await StartOrphanAsync("create table kept (n int); insert into kept values (42)");
        KillAndWait(orphan);

        await using var next = Server();
        await next.StartAsync(TestContext.Current.CancellationToken);
        (await ScalarAsync(next, "select n from kept")).ShouldBe(42);
    }

    [Fact]
    public async Task A_server_that_dies_under_a_living_host_is_started_again()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        var killed = Pid();
        KillAndWait(killed);

        await UntilAsync(async () => await ScalarAsync(server, "select 1") is 1 && Pid() != killed);
    }

    [Fact]
    public async Task A_second_host_joins_and_takes_over_when_the_owner_leaves()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var owner = Server();
        await owner.StartAsync(cancellation);
        await using var second = Server();
        await second.StartAsync(cancellation);
        second.IsOwner.ShouldBeFalse();

        await owner.DisposeAsync();

        await UntilAsync(async () => second.IsOwner && await ScalarAsync(second, "select 1") is 1);
    }

    [Fact]
    public async Task A_pid_file_that_names_a_foreign_process_is_no_obstacle()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using (var first = Server())
            await first.StartAsync(cancellation);
        await File.WriteAllTextAsync(PidFile, $"{Environment.ProcessId}\n{Folders.Cluster}\n0\n5432\n", cancellation);

        await using var second = Server();
        await second.StartAsync(cancellation);
        (await ScalarAsync(second, "select 1")).ShouldBe(1);
    }

    [Fact]
    public async Task Data_of_another_version_is_refused_with_both_versions()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using (var first = Server())
            await first.StartAsync(cancellation);
        await File.WriteAllTextAsync(Path.Combine(Folders.Cluster, "PG_VERSION"), "9\n", cancellation);

        await using var second = Server();
        var refused = await Should.ThrowAsync<StartRefusedException>(second.StartAsync(cancellation));
        refused.Message.ShouldContain("was written by Postgres 9, but only");
    }

    [Fact]
    public void Without_programs_the_refusal_says_what_to_install() =>
        PostgresBinaries.Find(_data.Path).ShouldBeEmpty();

    [Fact]
    public void A_deep_data_folder_gets_a_socket_whose_path_fits()
    {
        var folders = PostgresFolders.For("/srv/" + new string('d', 200));
        (folders.Socket + "/.s.PGSQL.5432").Length.ShouldBeLessThan(104);
        folders.Socket.ShouldNotBe(PostgresFolders.For("/srv/" + new string('e', 200)).Socket);
    }

    [Theory]
    [InlineData("fsync")]
    [InlineData("full_page_writes")]
    [InlineData("synchronous_commit")]
    public async Task A_server_that_forgets_acknowledged_writes_is_refused_by_name(string setting)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = Server();
        await server.StartAsync(cancellation);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancellation);
        await DurabilityCheck.RequireAsync(connection, cancellation);

        await ExecuteAsync(server, $"alter system set {setting} = off");
        await ExecuteAsync(server, "select pg_reload_conf()");
        await UntilAsync(async () => await ScalarAsync(server, $"show {setting}") is "off");

        await using var later = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await later.OpenAsync(cancellation);
        var refused = await Should.ThrowAsync<StartRefusedException>(DurabilityCheck.RequireAsync(later, cancellation));
        refused.Message.ShouldContain($"{setting} = off");
    }

    private PostgresFolders Folders => PostgresFolders.For(_data.Path);

    private string PidFile => Path.Combine(Folders.Cluster, "postmaster.pid");

    private PrivateServer Server() => new(Folders, null, NullLogger<PrivateServer>.Instance);

    private int Pid() => int.Parse(File.ReadLines(PidFile).First(), CultureInfo.InvariantCulture);

    /// <summary>What a host that was killed leaves: a server that runs and that nobody owns.</summary>
    private async Task<int> StartOrphanAsync(string? sql = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using (var first = Server())
        {
            await first.StartAsync(cancellation);
            if (sql is not null)
                await ExecuteAsync(first, sql);
        }

        string[] arguments = ["start", "-D", Folders.Cluster, "-l", Folders.Log, "-w", "-s"];
        var pgCtl = PostgresBinaries.Find(null)[0].PathOf("pg_ctl");
        var (started, output) = await PostgresProgram.RunAsync(Folders.RunAs, pgCtl, arguments, cancellation);
        started.ShouldBeTrue(output);
        return Pid();
    }

    private static void KillAndWait(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    private static async Task ExecuteAsync(PrivateServer server, string sql) => await ScalarAsync(server, sql);

    private static async Task<object?> ScalarAsync(PrivateServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Polls with a deadline; while a server is away the condition throws, which is "not yet".</summary>
    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var deadline = Stopwatch.StartNew();
        Exception? last = null;
        while (deadline.Elapsed < TimeSpan.FromSeconds(15))
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException)
            {
                last = exception;
            }

            await Task.Yield();
        }

        throw new TimeoutException("The condition did not come true.", last);
    }
}
