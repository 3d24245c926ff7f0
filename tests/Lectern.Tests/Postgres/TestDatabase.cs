using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Postgres;

/// <summary>A database of its own on the shared cluster, migrated, with a store on it.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private TestDatabase(string connectionString, IHost host)
    {
        ConnectionString = connectionString;
        Host = host;
    }

    public string ConnectionString { get; }

    /// <summary>Not started: a test that wants the queue's and projections' loops starts it.</summary>
    public IHost Host { get; }

    public EventStore Store => Host.Services.GetRequiredService<EventStore>();

    public static async Task<TestDatabase> CreateAsync(
        Action<EventingBuilder> model,
        Action<IServiceCollection>? services = null
    )
    {
        var cluster = await PostgresCluster.SharedAsync();
        var name = $"t{Guid.NewGuid():n}";
        var host = BuildHost(cluster.ConnectionString(name), model, services);
        await cluster.CreateMigratedAsync(name, host.Services.GetRequiredService<EventStore>().Model);
        return new TestDatabase(cluster.ConnectionString(name), host);
    }

    /// <summary>Another host on the same database, as a second process would be.</summary>
    public static IHost BuildHost(
        string connectionString,
        Action<EventingBuilder> model,
        Action<IServiceCollection>? services = null
    )
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(TimeProvider.System);
        services?.Invoke(builder.Services);
        var eventing = new EventingBuilder(builder.Services);
        model(eventing);
        builder.Services.AddEventing(eventing, _ => connectionString);
        return builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync(CancellationToken.None);
        Host.Dispose();
    }
}
