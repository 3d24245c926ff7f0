using System.Diagnostics;
using Lectern.Eventing;
using Lectern.Host.EmbeddedPostgres;
using Npgsql;

namespace Lectern.Host.Database;

/// <summary>
/// Makes the database ready before anything else starts, and stops the embedded server after everything else has
/// stopped.
/// </summary>
/// <param name="connectionString">Reaches the database.</param>
/// <param name="server">The embedded server; null when the database is someone else's.</param>
/// <param name="migrations">Bring it to this program's schema.</param>
internal sealed class DatabaseStart(string connectionString, PrivateServer? server, Migrations migrations)
    : IHostedLifecycleService
{
    // In a compose file the database often comes up after the host.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (server is not null)
            await server.StartAsync(cancellationToken);
        await using var connection = await ConnectAsync(cancellationToken);
        await DurabilityCheck.RequireAsync(connection, cancellationToken);
        try
        {
            await migrations.ApplyAsync(cancellationToken);
        }
        catch (MigrationException refused)
        {
            throw new StartRefusedException(refused.Message);
        }
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (server is not null)
            await server.DisposeAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            var connection = new NpgsqlConnection(connectionString);
            try
            {
                await connection.OpenAsync(cancellationToken);
                return connection;
            }
            catch (NpgsqlException exception)
            {
                await connection.DisposeAsync();
                if (!exception.IsTransient || waiting.Elapsed > Patience)
                {
                    throw new StartRefusedException(
                        $"The database of ConnectionStrings__Lectern can't be reached: {exception.Message}"
                    );
                }

                await Task.Delay(Pause, cancellationToken);
            }
        }
    }
}
