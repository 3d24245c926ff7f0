using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Tests.Postgres;
using Lectern.Voices;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Jobs;

/// <summary>A database with all modules in it and nobody at work.</summary>
public sealed class JobsDatabase : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private NpgsqlDataSource _superuser = null!;

    public EventStore Store => _database.Store;

    internal string ConnectionString => _database.ConnectionString;

    internal ScratchReplay Scratch => _database.Host.Services.GetRequiredService<ScratchReplay>();

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(eventing =>
        {
            new AccountsModule().AddEventing(eventing);
            new BillingModule().AddEventing(eventing);
            new VoicesModule().AddEventing(eventing);
            new JobsModule().AddEventing(eventing);
        });
        _superuser = NpgsqlDataSource.Create(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _superuser.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>SQL that no role of the program may run.</summary>
    internal Task ExecuteAsync(string sql, params object[] values) => _superuser.ExecuteAsync(sql, values);

    internal Task<T> ScalarAsync<T>(string sql) => _superuser.ScalarAsync<T>(sql);

    /// <summary>The rows of every table there is, and where every sequence stands: one text for each.</summary>
    internal async Task<Dictionary<string, string>> EverythingAsync()
    {
        var all = new Dictionary<string, string>();
        foreach (var table in await NamesAsync("select schemaname || '.' || tablename from pg_tables"))
            all.Add(
                table,
                await ScalarAsync<string>(
                    $"select coalesce(string_agg(t::text, E'\\n' order by t::text), '') from {table} t"
                )
            );
        foreach (var sequence in await NamesAsync("select schemaname || '.' || sequencename from pg_sequences"))
            all.Add(sequence, await ScalarAsync<string>($"select last_value || ' ' || is_called from {sequence}"));
        return all;
    }

    private Task<List<string>> NamesAsync(string select) =>
        _superuser.TextsAsync(
            $"{select} where schemaname not in ('pg_catalog', 'information_schema') and schemaname not like 'pg_temp%'"
        );
}
