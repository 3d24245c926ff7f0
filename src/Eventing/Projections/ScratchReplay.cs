using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// Folds and projects events that are not in the log, with the same <c>evolve</c> and the same inline projections, and
/// stores nothing. The projections write temporary tables made like their own, on a connection that is closed
/// afterwards; it is read-only by then, so that Postgres refuses every other table. Foreign keys are not copied: what
/// they point to is not in a stream.
/// </summary>
/// <remarks>
/// Statements commit in small batches and not in one transaction, for readers of the log wait for every older transaction
/// that has written anything, temporary tables included (see <see cref="LogReader"/>).
/// </remarks>
public sealed class ScratchReplay(EventStore store)
{
    /// <summary>Rows, and differences, that are shown of each table.</summary>
    public const int Shown = 100;

    private const int Places = 2;
    private const int StatementsAtOnce = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(15); // a document may be made to be slow

    private readonly SemaphoreSlim _places = new(Places);

    /// <summary>Reads an event that somebody else wrote.</summary>
    /// <exception cref="UnknownTypeException">No such name is registered.</exception>
    /// <exception cref="JsonException">The data can't be an event of this type.</exception>
    public object Read(string type, JsonElement data) =>
        store.Model.EventTypes.ReadStrictly(type, JsonMarshal.GetRawUtf8Value(data).ToArray());

    /// <summary>Replays the first events of a stream, all of one, in order.</summary>
    /// <param name="context">Sees the live stream that it is compared with, if there is one.</param>
    /// <param name="events">At least one.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="EventNotAppliedException">An event that can't have happened then.</exception>
    /// <exception cref="ReplayTooLongException">It takes longer than is allowed; it would again.</exception>
    /// <exception cref="TimeoutException">Others are at it.</exception>
    public async Task<Replayed> RunAsync<TState>(
        SessionContext context,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancel
    )
        where TState : notnull
    {
        if (!await _places.WaitAsync(Patience, cancel))
            throw new TimeoutException("Other documents are being replayed.");
        try
        {
            using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            budget.CancelAfter(Budget);
            return await ReplayAsync<TState>(context, events, budget.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new ReplayTooLongException(e);
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<Replayed> ReplayAsync<TState>(
        SessionContext context,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancel
    )
        where TState : notnull
    {
        var state = Fold<TState>(events, cancel);
        var projections = store.InlineProjectionsOf<TState>().ToList();
        var tables = projections.SelectMany(projection => projection.Tables).ToList();
        await using var connection = await store.Scratch.OpenConnectionAsync(cancel);
        await MakeTablesAsync(connection, context, tables, events[0].Stream, cancel);
        await ProjectAsync(connection, projections, tables, events, cancel);
        return await new ScratchComparison(store, connection).CompareAsync<TState>(tables, events, state, cancel);
    }

    /// <summary>The state as it is stored; also that can fail on what was never there, such as an endless number.</summary>
    private byte[] Fold<TState>(IReadOnlyList<StoredEvent> events, CancellationToken cancel)
        where TState : notnull
    {
        var type = store.StreamTypeOf<TState>();
        var state = type.Initial;
        foreach (var stored in events)
        {
            cancel.ThrowIfCancellationRequested();
            Blame(stored, () => state = type.Evolve(state, stored.Data));
        }

        byte[] json = [];
        Blame(events[^1], () => json = type.Write(state));
        return json;
    }

    /// <summary>With the rows that the live tables have of the stream: a projection may own some of their columns only.</summary>
    private static async Task MakeTablesAsync(
        NpgsqlConnection connection,
        SessionContext context,
        List<ProjectedTable> tables,
        Guid stream,
        CancellationToken cancel
    )
    {
        var sql = new SqlStatements();
        sql.Add(
            "select set_config('lectern.workspace', $1, false), set_config('lectern.actor', $2, false)",
            context.Workspace.ToString(),
            context.Actor
        );
        foreach (var table in tables)
        {
            sql.Add(
                $"create temp table {table.Scratch} (like {table.Name} including defaults including constraints including indexes)"
            );
            sql.Add($"insert into {table.Scratch} select * from {table.Name} where {table.Stream} = $1", stream);
        }

        sql.Add("set default_transaction_read_only = on");
        await using var batch = new NpgsqlBatch(connection);
        sql.AppendTo(batch);
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task ProjectAsync(
        NpgsqlConnection connection,
        List<InlineProjection> projections,
        List<ProjectedTable> tables,
        IReadOnlyList<StoredEvent> events,
        CancellationToken cancel
    )
    {
        var scratch = new ScratchNames(tables);
        var sql = new SqlStatements();
        foreach (var projection in projections)
            projection.Clear(events[0].Stream, sql);
        var causes = Enumerable.Repeat(events[0], sql.Count).ToList();
        foreach (var stored in events)
        {
            foreach (var projection in projections)
                Blame(stored, () => projection.Apply(stored, sql));
            causes.AddRange(Enumerable.Repeat(stored, sql.Count - causes.Count));
            if (sql.Count < StatementsAtOnce)
                continue;
            await WriteAsync(connection, scratch, sql, causes, cancel);
            (sql, causes) = (new SqlStatements(), []);
        }

        await WriteAsync(connection, scratch, sql, causes, cancel);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        ScratchNames scratch,
        SqlStatements sql,
        List<StoredEvent> causes,
        CancellationToken cancel
    )
    {
        if (sql.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection);
        sql.AppendTo(batch);
        foreach (var command in batch.BatchCommands)
            command.CommandText = scratch.In(command.CommandText);
        try
        {
            await batch.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException e)
            when (e.SqlState[..2] is "22" or "23" && e.BatchCommand is NpgsqlBatchCommand failed)
        {
            throw new EventNotAppliedException(causes[batch.BatchCommands.IndexOf(failed)], e.ConstraintName, e);
        }
    }

    /// <summary>
    /// Both are pure, so whatever they throw is the event's fault: they were written for what did happen, and may divide by
    /// what is never zero.
    /// </summary>
    private static void Blame(StoredEvent stored, Action apply)
    {
        try
        {
            apply();
        }
        catch (Exception e)
        {
            throw new EventNotAppliedException(stored, null, e);
        }
    }

    /// <summary>The projections' statements, as they are written for the live tables, with the temporary ones' names.</summary>
    private sealed class ScratchNames(List<ProjectedTable> tables)
    {
        private readonly Dictionary<string, string> _statements = new(StringComparer.Ordinal);

        private readonly Dictionary<string, string> _names = tables.ToDictionary(
            table => table.Name,
            table => table.Scratch
        );

        private readonly Regex _qualified = new(@"\b[a-z_]+\.[a-z_]+\b");

        public string In(string sql)
        {
            if (!_statements.TryGetValue(sql, out var known))
                _statements.Add(
                    sql,
                    known = _qualified.Replace(sql, name => _names.GetValueOrDefault(name.Value, name.Value))
                );
            return known;
        }
    }
}
