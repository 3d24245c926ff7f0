using Lectern.Eventing;
using Lectern.Host;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Lectern.Tests.Activity.Feed;

/// <summary>A database with the projections of all modules, and what can be said of them whatever is in the log.</summary>
internal sealed class FollowedLog : IAsyncDisposable
{
    private readonly EventingBuilder _model;
    private readonly List<EventStore> _ofProjectors = [];

    private FollowedLog(string connectionString)
    {
        ConnectionString = connectionString;
        Owner = NpgsqlDataSource.Create(connectionString);
        _model = Model();
        Store = new EventStore(_model, connectionString, TimeProvider.System);
    }

    public string ConnectionString { get; }

    /// <summary>Past row security.</summary>
    public NpgsqlDataSource Owner { get; }

    public EventStore Store { get; }

    public EventTypes Types => _model.EventTypes;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>On the cluster of this run, unless another is given.</summary>
    public static async Task<FollowedLog> CreateAsync(PostgresCluster? cluster = null)
    {
        cluster ??= await PostgresCluster.SharedAsync();
        var name = $"t{Guid.NewGuid():n}";
        await cluster.CreateMigratedAsync(name, Model());
        return new FollowedLog(cluster.ConnectionString(name));
    }

    /// <summary>A projector as another host would have it.</summary>
    public ProjectionDaemon Projector()
    {
        var store = new EventStore(Model(), ConnectionString, TimeProvider.System);
        _ofProjectors.Add(store);
        return new ProjectionDaemon(store, NullLogger<ProjectionDaemon>.Instance);
    }

    /// <summary>As if their hosts had stopped.</summary>
    public async Task CloseProjectorsAsync()
    {
        foreach (var store in _ofProjectors)
            await store.DisposeAsync();
        _ofProjectors.Clear();
    }

    public Task<long> RebuildAsync(string projection) => new ProjectionRebuild(Store).RebuildAsync(projection, Cancel);

    /// <summary>
    /// Every projection stands at the true head of the log, its rows are those that a replay gives, and the feed's
    /// counters are the numbers of events.
    /// </summary>
    public async Task AssertThatAllAgreesAsync()
    {
        (
            await RowsAsync(
                "select name, error, position - (select max(seq) from eventing.events) as behind from eventing.projections"
            )
        )
            .Where(line => !line.Contains("\"error\":null,\"behind\":0}", StringComparison.Ordinal))
            .ShouldBeEmpty();
        Store.Model.AsyncProjections.Count.ShouldBeGreaterThanOrEqualTo(3);
        foreach (var projection in Store.Model.AsyncProjections)
        {
            var live = await RowsOfAsync(projection);
            live.ShouldNotBeEmpty(projection.Name);
            await RebuildAsync(projection.Name);
            var replayed = await RowsOfAsync(projection);
            live.Except(replayed).Concat(replayed.Except(live)).Take(5).ShouldBeEmpty(projection.Name);
            replayed.Count.ShouldBe(live.Count, projection.Name);
        }

        (
            await RowsAsync(
                """
                select coalesce(e.type, d.type) as type, e.count as events, d.entries from (
                    select type, count(*) from activity.feed group by type) e
                full join (select type, sum(entries) as entries from activity.feed_days group by type) d using (type)
                where e.count is distinct from d.entries
                """
            )
        ).ShouldBeEmpty();
        var told = Lectern.Activity.Catalogue.PublicEvents.StoredTypes(Lectern.Activity.Catalogue.Told.InFeed);
        (await CountAsync("select count(*) from activity.feed")).ShouldBe(
            await CountAsync(
                "select count(*) from eventing.events where type = any($1)",
                [.. told.Select(Types.NameOf)]
            )
        );
        (
            await CountAsync(
                """
                select count(*) from (
                    select number, row_number() over (partition by workspace_id order by seq) as place from activity.feed) f
                where number <> place
                """
            )
        ).ShouldBe(0);
    }

    public Task<long> CountAsync(string sql, params string[] names) =>
        Owner.ScalarAsync<long>(sql, names.Length > 0 ? [names] : []);

    /// <summary>The rows of a query as JSON texts.</summary>
    public Task<List<string>> RowsAsync(string query) => Owner.RowsAsync(query);

    public async ValueTask DisposeAsync()
    {
        await CloseProjectorsAsync();
        await Store.DisposeAsync();
        await Owner.DisposeAsync();
    }

    private async Task<List<string>> RowsOfAsync(AsyncProjection projection)
    {
        var rows = new List<string>();
        foreach (var table in projection.Tables)
            rows.AddRange(
                (await RowsAsync($"select * from {projection.Schema}.{table}")).Order(StringComparer.Ordinal)
            );
        return rows;
    }

    private static EventingBuilder Model()
    {
        var model = new EventingBuilder(new ServiceCollection());
        Register(model);
        return model;
    }

    private static void Register(EventingBuilder model)
    {
        foreach (var module in Modules.All)
            module.AddEventing(model);
    }
}
