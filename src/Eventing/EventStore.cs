using Npgsql;

namespace Lectern.Eventing;

/// <summary>The event store: opens sessions, as the API (one workspace) or as a worker (all of them).</summary>
public sealed class EventStore : IAsyncDisposable
{
    private readonly ILookup<Type, InlineProjection> _inlineProjections;
    private readonly TimeProvider _time;

    /// <summary>A store on one database, with everything that the modules registered.</summary>
    /// <param name="model">What the modules registered.</param>
    /// <param name="connectionString">Of a user that owns the schema or is a superuser.</param>
    /// <param name="time">For the time part of new ids.</param>
    public EventStore(EventingBuilder model, string connectionString, TimeProvider time)
    {
        if (model.Messages.Values.FirstOrDefault(m => !model.Lanes.ContainsKey(m.Lane)) is { } homeless)
            throw new InvalidOperationException(
                $"{homeless.Name} waits in the lane {homeless.Lane}, which there isn't."
            );
        Model = model;
        _time = time;
        _inlineProjections = model.InlineProjections.ToLookup(p => p.Stream);
        Owner = Source(connectionString, "owner", null, maxPoolSize: 10);
        Api = Source(connectionString, "api", "lectern_api", maxPoolSize: 40);
        Worker = Source(connectionString, "worker", "lectern_worker", maxPoolSize: 40);
        Presence = Source(connectionString, "presence", "lectern_worker", maxPoolSize: null);
        Scratch = Source(connectionString, "scratch", "lectern_api", maxPoolSize: null);
    }

    /// <summary>What happens in this process when a unit of work was committed.</summary>
    public Wakeups Wakeups { get; } = new();

    internal EventingBuilder Model { get; }

    /// <summary>Connections of the schema's owner: for migrations and operator commands only.</summary>
    internal NpgsqlDataSource Owner { get; }

    internal NpgsqlDataSource Api { get; }

    internal NpgsqlDataSource Worker { get; }

    /// <summary>
    /// Connections whose locks and LISTEN end when they are closed. They are not pooled, for a pooled one would keep both.
    /// </summary>
    internal NpgsqlDataSource Presence { get; }

    /// <summary>Connections whose temporary tables go when they are closed; not pooled, either.</summary>
    internal NpgsqlDataSource Scratch { get; }

    /// <summary>A session that sees and writes one workspace.</summary>
    public Session OpenSession(SessionContext context) => new(this, Api, context, seesOneWorkspace: true, null);

    /// <summary>A session that sees every workspace, for handlers, sweeps and log-in; what it writes is its context's.</summary>
    public Session OpenWorkerSession(SessionContext context) =>
        new(this, Worker, context, seesOneWorkspace: false, null);

    internal Session OpenWorkerSession(SessionContext context, MessageLease lease) =>
        new(this, Worker, context, seesOneWorkspace: false, lease);

    /// <summary>A new id (UUIDv7): ids are made here, before anything is sent, so that a retry carries the same.</summary>
    public Guid NewId() => Guid.CreateVersion7(_time.GetUtcNow());

    internal StreamType<TState> StreamTypeOf<TState>()
        where TState : notnull =>
        Model.Streams.TryGetValue(typeof(TState), out var type)
            ? (StreamType<TState>)type
            : throw new InvalidOperationException($"{typeof(TState)} is not registered as a stream.");

    internal IEnumerable<InlineProjection> InlineProjectionsOf<TState>() => _inlineProjections[typeof(TState)];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Worker.DisposeAsync();
        await Owner.DisposeAsync();
        await Presence.DisposeAsync();
        await Scratch.DisposeAsync();
    }

    /// <summary>
    /// Plans are made once and kept, many of them while a table is empty: reading it whole is then the cheapest way, and
    /// is still done when it has a hundred thousand rows. What we ask has an index, so the planner is to use it (ADR 19).
    /// </summary>
    private const string PlanByIndex = " -c enable_seqscan=off";

    private static NpgsqlDataSource Source(string connectionString, string name, string? role, int? maxPoolSize)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = $"lectern-{name}",
            Pooling = maxPoolSize is not null,
            MaxPoolSize = maxPoolSize ?? 1,
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            CommandTimeout = role is null ? 0 : 10,
            Timeout = 5,
            KeepAlive = 30,
            Enlist = false,
            IncludeFailedBatchedCommand = true, // says which stream was lost, or that a twin has the key
            // A reset would also undo the role; nothing that outlives a transaction is ever set on a connection.
            NoResetOnClose = true,
        };
        if (role is not null)
            settings.Options =
                $"{settings.Options} -c role={role} -c lock_timeout=2s -c statement_timeout=10s -c idle_in_transaction_session_timeout=10s{PlanByIndex}".Trim();
        // The name is the label of its metrics; without one that would be the whole connection string.
        return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = $"lectern-{name}" }.Build();
    }
}
