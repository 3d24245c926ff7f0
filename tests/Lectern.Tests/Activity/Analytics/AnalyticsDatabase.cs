using Lectern.Accounts;
using Lectern.Activity;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Tests.Postgres;
using Lectern.Voices;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Lectern.Tests.Activity.Analytics;

/// <summary>A database with all modules in it, whose log a test writes as it likes: with times and credentials of its own.</summary>
internal sealed class AnalyticsDatabase : IAsyncDisposable
{
    public const string Projection = "activity.usage";

    /// <summary>What the projection writes, row by row.</summary>
    public static readonly string[] Tables =
    [
        "select * from activity.usage_by_day order by workspace_id, dimension, day, value",
        "select * from activity.usage_runs order by job_id, run",
        "select * from activity.usage_entries order by wallet_id, number",
    ];

    private readonly TestDatabase _database;
    private readonly NpgsqlDataSource _superuser;

    private AnalyticsDatabase(TestDatabase database)
    {
        _database = database;
        _superuser = NpgsqlDataSource.Create(database.ConnectionString);
    }

    public EventStore Store => _database.Store;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<AnalyticsDatabase> CreateAsync() =>
        new(
            await TestDatabase.CreateAsync(eventing =>
            {
                new AccountsModule().AddEventing(eventing);
                new BillingModule().AddEventing(eventing);
                new VoicesModule().AddEventing(eventing);
                new JobsModule().AddEventing(eventing);
                new ActivityModule().AddEventing(eventing);
            })
        );

    public async ValueTask DisposeAsync()
    {
        await _superuser.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Puts events into the log as they are.</summary>
    public async Task StoreAsync(IReadOnlyList<StoredEvent> events)
    {
        var written = events.Select(stored => Store.Model.EventTypes.Write(stored.Data)).ToList();
        const string insert = """
            insert into eventing.events (id, stream_id, version, type, data, workspace_id, actor, correlation_id, at, credential)
            select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::jsonb[], $6::uuid[], $7::text[], $8::uuid[], $9::timestamptz[], $10::text[])
            """;
        object[] values =
        [
            events.Select(stored => stored.Id).ToArray(),
            events.Select(stored => stored.Stream).ToArray(),
            events.Select(stored => stored.Version!.Value).ToArray(),
            written.Select(each => each.Name).ToArray(),
            new NpgsqlParameter
            {
                Value = written.Select(each => System.Text.Encoding.UTF8.GetString(each.Json)).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
            },
            events.Select(stored => stored.Workspace).ToArray(),
            events.Select(stored => stored.Actor).ToArray(),
            events.Select(stored => stored.Correlation).ToArray(),
            events.Select(stored => stored.At!.Value).ToArray(),
            events.Select(stored => stored.Credential).ToArray(),
        ];
        await _superuser.ExecuteAsync(insert, values);
    }

    public Task CatchUpAsync() => _database.Host.Services.GetRequiredService<ProjectionDaemon>().CatchUpAsync(Cancel);

    public Task<long> RebuildAsync(string projection = Projection) =>
        _database.Host.Services.GetRequiredService<ProjectionRebuild>().RebuildAsync(projection, Cancel);

    public Task ExecuteAsync(string sql) => _superuser.ExecuteAsync(sql);

    /// <summary>The rows of a query as JSON texts, read past row security.</summary>
    public Task<List<string>> RowsAsync(string query) => _superuser.RowsAsync(query);

    /// <summary>All rows of all tables.</summary>
    public async Task<List<string>> AllAsync()
    {
        var rows = new List<string>();
        foreach (var table in Tables)
            rows.AddRange(await RowsAsync(table));
        return rows;
    }
}
