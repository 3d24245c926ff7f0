using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// Makes views anew from the log. Async ones grow beside the live table, in the schema <c>rebuild</c>, from the same
/// DDL, and change places with it when they have caught up; inline ones are written anew in place, stream by stream
/// under the stream's row lock. No message is sent and nothing outside is touched.
/// </summary>
public sealed class ProjectionRebuild(EventStore store)
{
    private const int BatchSize = 10_000;

    /// <summary>The schema in which tables grow; it is made with the others, since two rebuilds may begin at the same time.</summary>
    internal const string Beside = "rebuild";

    /// <summary>The names of what can be rebuilt: all views, and no subscription, whose deeds are done once.</summary>
    public IReadOnlyList<string> Views =>
        [.. store.Model.InlineProjections.Select(p => p.Name), .. store.Model.AsyncProjections.Select(p => p.Name)];

    /// <summary>
    /// Every projection's and subscription's name, whether it is inline, its position and lag, and the error that stopped it.
    /// </summary>
    public async Task<IReadOnlyList<ProjectionStatus>> ListAsync(CancellationToken cancel)
    {
        var followers = await ProjectionLag.ReadAsync(store, cancel);
        return
        [
            .. store.Model.InlineProjections.Select(p => new ProjectionStatus(p.Name, true, 0, 0, null)),
            .. followers.Select(f => new ProjectionStatus(f.Name, false, f.Position, f.Position + f.Events, f.Error)),
        ];
    }

    /// <summary>Rebuilds one projection by name.</summary>
    /// <returns>How many events were applied.</returns>
    /// <exception cref="ArgumentException">There is no projection of that name.</exception>
    public async Task<long> RebuildAsync(string name, CancellationToken cancel) =>
        store.Model.AsyncProjections.FirstOrDefault(p => p.Name == name) is { } projection
            ? await RebuildAsync(projection, onlyIfOutdated: false, cancel)
        : store.Model.InlineProjections.FirstOrDefault(p => p.Name == name) is { } inline
            ? await RebuildAsync(inline, cancel)
        : store.Model.Subscriptions.Any(s => s.Name == name)
            ? throw new ArgumentException(
                $"{name} is a subscription: what it did is done, and is not made anew.",
                nameof(name)
            )
        : throw new ArgumentException($"There is no projection {name}.", nameof(name));

    internal async Task<List<AsyncProjection>> OutdatedAsync(CancellationToken cancel)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(cancel);
        var versions = (
            await connection.QueryAsync(
                "select name, version from eventing.projections",
                row => (Name: row.GetString(0), Version: row.GetInt32(1)),
                cancel
            )
        ).ToDictionary(p => p.Name, p => p.Version, StringComparer.Ordinal);
        return store.Model.AsyncProjections.Where(p => versions.GetValueOrDefault(p.Name) < p.Version).ToList();
    }

    internal async Task<long> RebuildAsync(AsyncProjection projection, bool onlyIfOutdated, CancellationToken cancel)
    {
        await using var connection = await store.Owner.OpenConnectionAsync(cancel);
        await connection.ExecuteAsync($"select pg_advisory_lock(hashtext('{projection.Name}'))", cancel);
        try
        {
            if (onlyIfOutdated && !(await OutdatedAsync(cancel)).Contains(projection))
                return 0; // another host had the lock and did it
            await connection.ExecuteAsync(
                $"""
                drop table if exists {InSchema(projection, Beside)};
                begin; set local search_path = {Beside}, public; {projection.Ddl}; commit
                """,
                cancel
            );

            long position = 0,
                applied = 0,
                before;
            var log = new LogReader(store);
            do
            {
                before = applied;
                var head = await log.FinalHeadAsync(cancel);
                applied += await FillAsync(connection, projection, position, head, cancel);
                position = head;
            } while (applied - before >= BatchSize); // what was appended meanwhile: the swap must be left with little

            // The live projector waits from here on, so what it has reached is where the new table must get to.
            await using var swap = await connection.BeginTransactionAsync(cancel);
            var reached = (long)
                (
                    await connection.ScalarAsync(
                        "select position from eventing.projections where name = $1 for update",
                        cancel,
                        projection.Name
                    )
                )!;
            while (position < reached)
            {
                (position, var events) = await ReadAsync(projection, position, reached, cancel);
                await WriteAsync(connection, projection, events, cancel);
                applied += events.Count;
            }

            await connection.ExecuteAsync(
                $"""
                reset role;
                drop table if exists {InSchema(projection, projection.Schema)};
                {string.Concat(
                    projection.Tables.Select(table => $"alter table {Beside}.{table} set schema {projection.Schema};")
                )}
                update eventing.projections
                set position = {position}, version = {projection.Version}, error = null, changed_at = now()
                where name = '{projection.Name}'
                """,
                cancel
            );
            await swap.CommitAsync(cancel);
            return applied;
        }
        finally
        {
            if (connection.State == System.Data.ConnectionState.Open) // else the lock went with the connection
                await connection.ExecuteAsync("select pg_advisory_unlock_all()", CancellationToken.None);
        }
    }

    /// <summary>Brings the tables from one position to another; gives how many events that took.</summary>
    private async Task<long> FillAsync(
        NpgsqlConnection connection,
        AsyncProjection projection,
        long position,
        long head,
        CancellationToken cancel
    )
    {
        long applied = 0;
        using var ahead = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = ReadAsync(projection, position, head, ahead.Token);
        try
        {
            while (position < head)
            {
                (position, var events) = await reading;
                reading = ReadAsync(projection, position, head, ahead.Token); // the next batch, while this one is written
                await using var batch = await connection.BeginTransactionAsync(cancel);
                await WriteAsync(connection, projection, events, cancel);
                await batch.CommitAsync(cancel);
                applied += events.Count;
            }
        }
        finally
        {
            await ahead.CancelAsync();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return applied;
    }

    private static string InSchema(AsyncProjection projection, string schema) =>
        string.Join(", ", projection.Tables.Select(table => $"{schema}.{table}"));

    /// <summary>The next batch, and how far it reaches; none at the head.</summary>
    private async Task<(long Position, List<StoredEvent> Events)> ReadAsync(
        AsyncProjection projection,
        long position,
        long head,
        CancellationToken cancel
    )
    {
        if (position >= head)
            return (position, []);
        await using var connection = await store.Worker.OpenConnectionAsync(cancel);
        var events = await LogReader.ReadAsync(
            connection,
            store.Model.EventTypes,
            store.Model.EventTypes.NamesExcept(projection.Events),
            position,
            head,
            BatchSize,
            cancel
        );
        return (events.Count == BatchSize ? events[^1].Seq : head, events);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        AsyncProjection projection,
        List<StoredEvent> events,
        CancellationToken cancel
    )
    {
        if (events.Count == 0)
            return;
        await connection.ExecuteAsync("set local role lectern_worker", cancel);
        var sql = new SqlStatements();
        ProjectionDaemon.Apply(projection, Beside, events, sql);
        await ProjectionDaemon.ExecuteAsync(sql, connection, cancel);
    }

    private async Task<long> RebuildAsync(InlineProjection projection, CancellationToken cancel)
    {
        var type = store.Model.Streams[projection.Stream].Name;
        long applied = 0;
        var after = Guid.Empty;
        while (true)
        {
            await using var connection = await store.Worker.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            var next = await connection.ScalarAsync(
                "select id from eventing.streams where type = $1 and id > $2 order by id limit 1 for update",
                cancel,
                type,
                after
            );
            if (next is not Guid stream)
                return applied;
            var events = await LogReader.ReadStreamAsync(connection, store.Model.EventTypes, stream, cancel);
            var sql = new SqlStatements();
            projection.Clear(stream, sql);
            foreach (var stored in events)
                projection.Apply(stored, sql);
            await using var batch = new NpgsqlBatch(connection);
            sql.AppendTo(batch);
            await batch.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
            applied += events.Count;
            after = stream;
        }
    }
}

/// <summary>Where a projection stands.</summary>
/// <param name="Name"><c>module.view</c>.</param>
/// <param name="Inline">Inline ones are always at the head.</param>
/// <param name="Position">The last event that is in an async one.</param>
/// <param name="Head">The log's head.</param>
/// <param name="Error">Why it stopped, if it did.</param>
public sealed record ProjectionStatus(string Name, bool Inline, long Position, long Head, string? Error);
