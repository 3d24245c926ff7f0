using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// Has something done about events, each once and in the log's order, from its first start on. It only decides and
/// enqueues: what follows commits with its position, and handlers do the work. It is never rebuilt.
/// </summary>
public abstract class Subscription : LogFollower
{
    /// <inheritdoc/>
    public sealed override int Version => 1;

    /// <summary>Adds what follows from a run of events.</summary>
    public abstract Task ReactAsync(IReadOnlyList<StoredEvent> events, Reaction reaction, CancellationToken stop);
}

/// <summary>What follows from a run of events; it sees every workspace.</summary>
public sealed class Reaction
{
    private readonly EventStore _store;
    private readonly NpgsqlConnection _connection;
    private readonly HashSet<string> _lanes;
    private readonly SqlStatements _statements;

    internal Reaction(EventStore store, NpgsqlConnection connection, SqlStatements statements, HashSet<string> lanes)
    {
        _store = store;
        _connection = connection;
        _statements = statements;
        _lanes = lanes;
    }

    /// <summary>Puts a message into the queue, on behalf of whoever caused the event.</summary>
    public void Enqueue(object message, StoredEvent cause, Guid? group = null, TimeSpan? delay = null) =>
        _lanes.Add(
            _statements.Enqueue(
                _store,
                message,
                new SessionContext(cause.Workspace, cause.Actor, cause.Correlation, cause.Id, cause.Credential),
                traceparent: null,
                group,
                delay,
                lane: null
            )
        );

    /// <summary>Adds any other statement.</summary>
    public void Execute(string sql, params object?[] values) => _statements.Add(sql, values);

    /// <summary>A new id.</summary>
    public Guid NewId() => _store.NewId();

    /// <summary>Reads rows at once, in the transaction that everything commits in.</summary>
    public Task<List<T>> QueryAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken stop,
        params object?[] values
    ) => _connection.QueryAsync(sql, read, stop, values);
}
