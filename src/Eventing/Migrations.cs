using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>A start that must not go on: the message says what is wrong and what to do.</summary>
public sealed class MigrationException(string message) : Exception(message);

/// <summary>
/// Brings the database to this program's schema: plain SQL files, forward only, each in a transaction, under an advisory
/// lock so that hosts that start together wait for each other.
/// </summary>
public sealed class Migrations(EventStore store)
{
    private const long LockKey = 0x4c656374; // "Lect"

    /// <summary>Applies what is missing and makes the tables of async projections.</summary>
    /// <returns>The files that were applied, <c>schema/NNNN_name.sql</c>.</returns>
    /// <exception cref="MigrationException">The database is newer than the program, or an applied file was changed.</exception>
    public async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancel)
    {
        await using var connection = await store.Owner.OpenConnectionAsync(cancel);
        await connection.ExecuteAsync($"select pg_advisory_lock({LockKey})", cancel);
        try
        {
            await connection.ExecuteAsync(Bootstrap, cancel);
            foreach (var schema in store.Model.Schemas.Select(each => each.Schema).Append(ProjectionRebuild.Beside))
                await connection.ExecuteAsync(
                    $"create schema if not exists {schema}; grant usage on schema {schema} to lectern_api, lectern_worker",
                    cancel
                );
            var applied = (
                await connection.QueryAsync(
                    "select name, checksum from lectern.migrations",
                    row => (Name: row.GetString(0), Checksum: row.GetString(1)),
                    cancel
                )
            ).ToDictionary(m => m.Name, m => m.Checksum, StringComparer.Ordinal);
            var files = store.Model.Schemas.SelectMany(s => Files(s.Schema, s.Assembly)).ToList();
            if (applied.Keys.Except(files.Select(f => f.Name)).FirstOrDefault() is { } unknown)
                throw new MigrationException(
                    $"The database has {unknown}, which this program doesn't know: it is newer than the program. Start the newer version, or restore a backup of before."
                );

            var done = new List<string>();
            foreach (var file in files)
            {
                if (applied.TryGetValue(file.Name, out var checksum))
                {
                    if (checksum != file.Checksum)
                        throw new MigrationException(
                            $"{file.Name} was changed after it had been applied. Schema files are forward only: put the change into a new one."
                        );
                    continue;
                }

                await using var transaction = await connection.BeginTransactionAsync(cancel);
                await connection.ExecuteAsync(file.Sql, cancel);
                await connection.ExecuteAsync(
                    "insert into lectern.migrations (name, checksum) values ($1, $2)",
                    cancel,
                    file.Name,
                    file.Checksum
                );
                await transaction.CommitAsync(cancel);
                done.Add(file.Name);
            }

            await MakeProjectionTablesAsync(connection, cancel);
            foreach (var (lane, limit) in store.Model.LaneLimits)
                await connection.ExecuteAsync(
                    """
                    insert into eventing.lanes (name, max_concurrency, concurrency) values ($1, $2, $2)
                    on conflict (name) do update set max_concurrency = $2, concurrency = least(lanes.concurrency, $2)
                    """,
                    cancel,
                    lane,
                    limit
                );
            return done;
        }
        finally
        {
            if (connection.State == System.Data.ConnectionState.Open) // else the lock went with the connection
                await connection.ExecuteAsync($"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    private async Task MakeProjectionTablesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        foreach (var projection in store.Model.AsyncProjections)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            // In a log that has events already it is outdated from the start, and made beside the others, who go on.
            var isNew = await connection.ExecuteAsync(
                """
                insert into eventing.projections (name, version)
                values ($1, case when exists (select from eventing.events) then 0 else $2 end) on conflict do nothing
                """,
                cancel,
                projection.Name,
                projection.Version
            );
            if (isNew == 1)
                await connection.ExecuteAsync(
                    $"set local search_path = {projection.Schema}, public; {projection.Ddl}",
                    cancel
                );
            await transaction.CommitAsync(cancel);
        }

        // What happened before it was there is nothing that anything is to be done about.
        foreach (var subscription in store.Model.Subscriptions)
            await connection.ExecuteAsync(
                """
                insert into eventing.projections (name, version, position)
                values ($1, $2, (select coalesce(max(seq), 0) from eventing.events)) on conflict do nothing
                """,
                cancel,
                subscription.Name,
                subscription.Version
            );
    }

    private static IEnumerable<(string Name, string Sql, string Checksum)> Files(
        string schema,
        System.Reflection.Assembly assembly
    )
    {
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            var at = resource.IndexOf(".Schema.", StringComparison.Ordinal);
            if (at < 0 || !resource.EndsWith(".sql", StringComparison.Ordinal))
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var sql = reader.ReadToEnd();
            var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
            yield return ($"{schema}/{resource[(at + ".Schema.".Length)..]}", sql, checksum);
        }
    }

    /// <summary>What every schema file may rely on: the two roles, and the workspace and the person of the current batch.</summary>
    private const string Bootstrap = """
        create schema if not exists lectern;
        create table if not exists lectern.migrations (
            name text primary key, checksum text not null, applied_at timestamptz not null default now());
        do $$
        begin
            if not exists (select from pg_roles where rolname = 'lectern_api') then create role lectern_api; end if;
            if not exists (select from pg_roles where rolname = 'lectern_worker') then create role lectern_worker; end if;
        exception when duplicate_object or unique_violation then null; -- roles belong to the cluster: another database's start was first
        end $$;
        do $$
        begin
            if not (select rolsuper from pg_roles where rolname = current_user) then
                execute format('grant lectern_api, lectern_worker to %I', current_user);
            end if;
        end $$;
        create or replace function public.lectern_workspace() returns uuid language sql stable as
            $$ select nullif(current_setting('lectern.workspace', true), '')::uuid $$;
        create or replace function public.lectern_person() returns uuid language sql stable as
            $$ select substring(current_setting('lectern.actor', true) from '^person:(.*)$')::uuid $$;
        """;
}
