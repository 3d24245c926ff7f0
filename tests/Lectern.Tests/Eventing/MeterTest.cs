using System.Diagnostics;
using Lectern.Eventing;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Lectern.Tests.Eventing;

/// <summary>A database with the meters' model, and what most tests of Eventing do with it.</summary>
public abstract class MeterTest : IAsyncLifetime
{
    private readonly List<IHost> _moreHosts = [];
    private NpgsqlDataSource _owner = null!;

    protected static Guid Workspace { get; } = Guid.CreateVersion7();
    protected static SessionContext Context { get; } = new(Workspace, "system", Guid.CreateVersion7());
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected TestDatabase Database { get; private set; } = null!;
    private protected Script Script { get; } = new();
    protected EventStore Store => Database.Store;
    protected QueueOperations Operations => Database.Host.Services.GetRequiredService<QueueOperations>();

    public virtual async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync(Model, services => services.AddSingleton(Script));
        _owner = NpgsqlDataSource.Create(Database.ConnectionString);
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var host in _moreHosts)
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }

        await Database.DisposeAsync();
        await _owner.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual void Model(EventingBuilder model) => MeterModel.Register(model);

    /// <summary>As a second process on the same database.</summary>
    private protected IHost AnotherHost(Action<EventingBuilder>? model = null, Script? script = null)
    {
        var host = TestDatabase.BuildHost(
            Database.ConnectionString,
            model ?? Model,
            services => services.AddSingleton(script ?? Script)
        );
        _moreHosts.Add(host);
        return host;
    }

    protected async Task<Guid> InstallAsync(SessionContext? context = null)
    {
        var meter = Guid.CreateVersion7();
        await using var session = Store.OpenSession(context ?? Context);
        session.StartStream<Meter>(meter, new MeterInstalled("cellar"));
        await session.SaveChangesAsync(Cancel);
        return meter;
    }

    protected async Task ReadAsync(Guid meter, params int[] units)
    {
        await using var session = Store.OpenSession(Context);
        session.Append<Meter>(meter, [.. units.Select(u => (object)new MeterRead(u))]);
        await session.SaveChangesAsync(Cancel);
    }

    protected async Task EnqueueAsync(
        Guid meter,
        int units = 1,
        Guid? group = null,
        TimeSpan? delay = null,
        string? lane = null,
        SessionContext? context = null
    )
    {
        await using var session = Store.OpenSession(context ?? Context);
        session.Enqueue(new CountUnits(meter, units), group, delay, lane);
        await session.SaveChangesAsync(Cancel);
    }

    protected Task<T?> ScalarAsync<T>(string sql, params object[] values) => _owner.FindAsync<T>(sql, values);

    protected Task<long> CountAsync(string from, params object[] values) =>
        ScalarAsync<long>($"select count(*) from {from}", values);

    protected Task<int> ExecuteAsync(string sql, params object[] values) => _owner.ExecuteAsync(sql, values);

    protected Task RowsReadShouldBeInProportionAsync(string table) => RowsRead.ShouldBeInProportionAsync(_owner, table);

    /// <summary>A table's rows as one text, to compare.</summary>
    protected Task<string?> RowsAsync(string table) =>
        ScalarAsync<string>($"select string_agg(t::text, E'\\n' order by t::text) from {table} t");

    /// <summary>Asks until it is so, or fails after a deadline.</summary>
    protected static async Task EventuallyAsync(Func<Task<bool>> isSo, string what, int seconds = 20)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(started).TotalSeconds > seconds)
                throw new TimeoutException($"After {seconds} s it is still not so that {what}.");
            await Task.Delay(10, Cancel);
        }
    }
}
