using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>On whose behalf a session reads and writes.</summary>
/// <param name="Workspace">Row security shows and accepts this workspace's rows only.</param>
/// <param name="Actor"><c>person:&lt;id&gt;</c> or <c>system</c>; never a name or an address.</param>
/// <param name="Correlation">The request that started it all.</param>
/// <param name="Causation">The message that is being handled, if any.</param>
/// <param name="Credential">With what a person acts: <c>session:&lt;id&gt;</c> or <c>key:&lt;id&gt;</c>; null for the system.</param>
public sealed record SessionContext(
    Guid Workspace,
    string Actor,
    Guid Correlation,
    Guid? Causation = null,
    string? Credential = null
);

/// <summary>The events of a stream behind a version, up to another.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="After">The version before the first.</param>
/// <param name="UpTo">The version of the last.</param>
public readonly record struct StreamPart(Guid Stream, int After, int UpTo);

/// <summary>
/// A unit of work: events, inline views, messages, the idempotency record and any other statement are gathered and
/// commit together in one transaction and, unless a stream was locked, in one round trip. A session is used once, by
/// one thread.
/// </summary>
/// <remarks>
/// Statements run in the order in which they were added, so callers keep the lock order: message (first by itself),
/// job, wallet last. No engine, file or program may work between a <see cref="FetchForExclusiveWriting"/> and
/// <see cref="SaveChangesAsync"/>, for the transaction is open in between.
/// </remarks>
public sealed class Session : IAsyncDisposable
{
    private const int PageOfFold = 1000;

    /// <summary>A snapshot is written when the tail behind the last one has grown to this many events.</summary>
    private const int SnapshotEvery = 20;

    /// <summary>From the first failure on, however long that took: what is unknown is looked up once at least.</summary>
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(2);

    private readonly EventStore _store;
    private readonly NpgsqlDataSource _source;
    private readonly bool _seesOneWorkspace;
    private readonly MessageLease? _lease;
    private readonly SqlStatements _statements = new();
    private readonly HashSet<string> _lanes = new(StringComparer.Ordinal);
    private readonly Guid _unit;
    private Guid? _firstEvent;
    private object?[]? _answer;
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;
    private bool _saved;

    internal Session(
        EventStore store,
        NpgsqlDataSource source,
        SessionContext context,
        bool seesOneWorkspace,
        MessageLease? lease
    )
    {
        _store = store;
        _source = source;
        _seesOneWorkspace = seesOneWorkspace;
        _lease = lease;
        _unit = store.NewId();
        Context = context;
    }

    /// <summary>On whose behalf this session works.</summary>
    public SessionContext Context { get; }

    internal EventStore Store => _store;

    /// <summary>Whether <see cref="SaveChangesAsync"/> has succeeded.</summary>
    public bool Saved => _saved;

    /// <summary>Starts a stream; if it exists already, the save fails with <see cref="ConcurrencyException"/>.</summary>
    public void StartStream<TState>(Guid stream, params object[] events)
        where TState : notnull
    {
        _statements.Add(
            "insert into eventing.streams (id, type, workspace_id, version) values ($1, $2, $3, $4)",
            stream,
            _store.StreamTypeOf<TState>().Name,
            Context.Workspace,
            events.Length
        );
        AddEvents<TState>(stream, 0, events);
    }

    /// <summary>
    /// Appends whatever the stream's version is: the stream's row lock orders the writers and none of them can lose. For
    /// facts that need no look at the state, or whose rule a constraint of an inline view holds. The events' versions
    /// are then known to the database only.
    /// </summary>
    public void Append<TState>(Guid stream, params object[] events)
        where TState : notnull
    {
        _statements.Add("update eventing.streams set version = version + $2 where id = $1", stream, events.Length);
        AddEvents<TState>(stream, null, events);
    }

    /// <summary>
    /// Appends to a stream that exists, at an expected version; if it has another one, the save fails with
    /// <see cref="ConcurrencyException"/>.
    /// </summary>
    public void Append<TState>(Guid stream, int expectedVersion, params object[] events)
        where TState : notnull
    {
        // No row matches when somebody else was first, or the stream isn't there: InsertEvent then finds no version.
        _statements.Add(
            "update eventing.streams set version = $3 where id = $1 and version = $2",
            stream,
            expectedVersion,
            expectedVersion + events.Length
        );
        AddEvents<TState>(stream, expectedVersion, events);
    }

    internal void AppendFetched<TState>(StreamForWriting<TState> stream, object[] events)
        where TState : notnull
    {
        var type = _store.StreamTypeOf<TState>();
        var newVersion = stream.Version + events.Length;
        if (newVersion - stream.SnapshotVersion < SnapshotEvery)
        {
            Append<TState>(stream.Id, stream.Version, events);
            return;
        }

        var state = events.Aggregate(stream.State, type.Evolve);
        _statements.Add(
            "update eventing.streams set version = $3, snapshot = $4, snapshot_version = $3, snapshot_schema = $5 where id = $1 and version = $2",
            stream.Id,
            stream.Version,
            newVersion,
            new Jsonb(type.Write(state)),
            type.SnapshotSchema
        );
        stream.SnapshotVersion = newVersion;
        AddEvents<TState>(stream.Id, stream.Version, events);
    }

    /// <summary>
    /// Reads a stream's state for a decision, without a lock: snapshot and the events behind it. Null when there is no
    /// such stream in sight of this session.
    /// </summary>
    public Task<StreamForWriting<TState>?> FetchForWriting<TState>(Guid stream, CancellationToken cancel)
        where TState : notnull => FetchAsync<TState>(stream, exclusive: false, cancel);

    /// <summary>
    /// As <see cref="FetchForWriting"/>, and locks the stream's row until the session is saved or disposed: for streams
    /// that many write at once, where losing races would cost more than waiting.
    /// </summary>
    public async Task<StreamForWriting<TState>?> FetchForExclusiveWriting<TState>(Guid stream, CancellationToken cancel)
        where TState : notnull
    {
        if (_transaction is null)
        {
            _connection = await _source.OpenConnectionAsync(cancel);
            _transaction = await _connection.BeginTransactionAsync(cancel);
        }

        return await FetchAsync<TState>(stream, exclusive: true, cancel);
    }

    /// <summary>Puts a message into the queue when the session is saved.</summary>
    /// <param name="message">A registered message; ids and numbers only, as in events.</param>
    /// <param name="group">What it belongs to, so that its waiting messages can be dropped together: a job.</param>
    /// <param name="delay">Not to be handled before this has passed.</param>
    /// <param name="lane">Another lane than the message type's own.</param>
    public void Enqueue(object message, Guid? group = null, TimeSpan? delay = null, string? lane = null) =>
        _lanes.Add(_statements.Enqueue(_store, message, Context, Activity.Current?.Id, group, delay, lane));

    /// <summary>Drops the group's messages that nobody is handling yet.</summary>
    public void DropWaiting(Guid group) =>
        _statements.Add("delete from eventing.messages where group_id = $1 and state in ('ready', 'delayed')", group);

    /// <summary>Whether any message of the group is being handled.</summary>
    public async Task<bool> IsAtWorkAsync(Guid group, CancellationToken cancel) =>
        (
            await QueryAsync(
                "select exists (select from eventing.messages where group_id = $1 and state = 'leased')",
                row => row.GetBoolean(0),
                cancel,
                group
            )
        ).Single();

    /// <summary>
    /// Records the answer to a request that carried an Idempotency-Key, first in the unit of work. If the key was used
    /// before, the save fails with <see cref="DuplicateRequestException"/>; a twin that is still at work is waited for,
    /// and if it takes too long, the save fails with <see cref="RequestInFlightException"/>.
    /// </summary>
    public void Remember(IdempotentAnswer answer) =>
        _answer = [
            Context.Workspace,
            answer.Route,
            answer.Key,
            answer.Fingerprint,
            answer.Status,
            Typed.Text(answer.Location),
            answer.Body,
        ];

    /// <summary>Adds any other statement to the unit of work: a detail table, say.</summary>
    public void Execute(string sql, params object?[] values) => _statements.Add(sql, values);

    /// <summary>Reads rows at once, in the session's open transaction if it has one.</summary>
    public async Task<List<T>> QueryAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancel,
        params object?[] values
    )
    {
        if (_connection is not null)
            return await QueryOn(_connection);
        await using var connection = await _source.OpenConnectionAsync(cancel);
        return await QueryOn(connection);

        async Task<List<T>> QueryOn(NpgsqlConnection connection)
        {
            await using var batch = NewBatch(connection);
            batch.BatchCommands.Add(SqlStatements.Command(sql, values));
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            if (_seesOneWorkspace)
                await reader.NextResultAsync(cancel);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancel))
                rows.Add(read(reader));
            return rows;
        }
    }

    /// <summary>A stream's events in order, after a version.</summary>
    public Task<List<StoredEvent>> ReadStreamAsync(Guid stream, int after, int limit, CancellationToken cancel) =>
        QueryAsync(
            $"select {LogReader.Columns} from eventing.events where stream_id = $1 and version > $2 order by version limit $3",
            row => LogReader.Read(row, _store.Model.EventTypes),
            cancel,
            stream,
            after,
            limit
        );

    /// <summary>Parts of several streams at once, the events of each in order.</summary>
    public Task<List<StoredEvent>> ReadStreamsAsync(IReadOnlyCollection<StreamPart> parts, CancellationToken cancel) =>
        QueryAsync(
            $"""
            select {LogReader.Columns} from unnest($1::uuid[], $2::int[], $3::int[]) p (stream, after, up_to)
            cross join lateral (
                select * from eventing.events
                where stream_id = p.stream and version > p.after and version <= p.up_to offset 0) e -- by the key, one by one
            order by stream_id, version
            """,
            row => LogReader.Read(row, _store.Model.EventTypes),
            cancel,
            parts.Select(part => part.Stream).ToArray(),
            parts.Select(part => part.After).ToArray(),
            parts.Select(part => part.UpTo).ToArray()
        );

    /// <summary>
    /// The session's workspace's part of the log, or one stream's of it, in the log's order: all types that can be read,
    /// or some. Read no further than a position that is final: that of a <see cref="LogTail"/>.
    /// </summary>
    public Task<List<StoredEvent>> ReadLogAsync(
        Guid? stream,
        IReadOnlyCollection<Type>? types,
        long after,
        long upTo,
        int limit,
        CancellationToken cancel
    ) =>
        QueryAsync(
            $"""
            select {LogReader.Columns} from eventing.events
            where workspace_id = $1 and seq > $2 and seq <= $3 and {(
                stream is null ? "$4::uuid is null" : "stream_id = $4"
            )}
            and type = any($5)
            order by {(stream is null ? "seq" : "version")} limit $6
            """,
            row => LogReader.Read(row, _store.Model.EventTypes),
            cancel,
            Context.Workspace,
            after,
            upTo,
            Typed.Uuid(stream),
            types is null ? _store.Model.EventTypes.ReadableNames : _store.Model.EventTypes.NamesOf(types),
            limit
        );

    /// <summary>The last event of some types in each of some streams of the session's workspace, up to a place in the log.</summary>
    public Task<List<StoredEvent>> ReadLastAsync(
        Guid[] streams,
        IReadOnlyCollection<Type> types,
        long upTo,
        CancellationToken cancel
    ) =>
        QueryAsync(
            $"""
            select {LogReader.Columns} from unnest($1::uuid[]) stream cross join lateral (
                select {LogReader.Columns} from eventing.events
                where stream_id = stream and workspace_id = $2 and type = any($3) and seq <= $4
                order by version desc limit 1) last
            """,
            row => LogReader.Read(row, _store.Model.EventTypes),
            cancel,
            streams,
            Context.Workspace,
            _store.Model.EventTypes.NamesOf(types),
            upTo
        );

    /// <summary>Where an event of the session's workspace stands in the log; null when there is no such event.</summary>
    public async Task<long?> PositionOfAsync(Guid @event, CancellationToken cancel) =>
        await QueryAsync(
            "select seq from eventing.events where id = $1 and workspace_id = $2",
            row => row.GetInt64(0),
            cancel,
            @event,
            Context.Workspace
        )
            is [var seq]
            ? seq
            : null;

    /// <summary>How many events some streams have now.</summary>
    public async Task<Dictionary<Guid, int>> VersionsAsync(Guid[] streams, CancellationToken cancel) =>
        new(
            await QueryAsync(
                "select id, version from eventing.streams where id = any($1)",
                row => KeyValuePair.Create(row.GetGuid(0), row.GetInt32(1)),
                cancel,
                streams
            )
        );

    /// <summary>How many events of some streams stood in the log up to a place.</summary>
    public async Task<Dictionary<Guid, int>> VersionsAtAsync(Guid[] streams, long seq, CancellationToken cancel) =>
        new(
            await QueryAsync(
                """
                select id, coalesce((
                    select version from eventing.events where stream_id = id and seq <= $2 order by version desc limit 1), 0)
                from unnest($1) id
                """,
                row => KeyValuePair.Create(row.GetGuid(0), row.GetInt32(1)),
                cancel,
                streams,
                seq
            )
        );

    /// <summary>The state that a stream had at a version, folded from its events; for time travel, not for writing.</summary>
    public async Task<TState> StateAtAsync<TState>(Guid stream, int version, CancellationToken cancel)
        where TState : notnull => await FoldAsync(_store.StreamTypeOf<TState>().Initial, stream, 0, version, cancel);

    /// <summary>The state that a stream had at a version, from the one that it had at an earlier one.</summary>
    public async Task<TState> FoldAsync<TState>(
        TState state,
        Guid stream,
        int after,
        int version,
        CancellationToken cancel
    )
        where TState : notnull
    {
        var type = _store.StreamTypeOf<TState>();
        while (after < version)
        {
            // A wallet's stream never ends: page by page, however long it is.
            var page = await ReadStreamAsync(stream, after, Math.Min(version - after, PageOfFold), cancel);
            if (page.Count == 0)
                break;
            state = page.Aggregate(state, (before, stored) => type.Evolve(before, stored.Data));
            after = page[^1].Version!.Value;
        }

        return state;
    }

    /// <summary>The answer on record for an idempotency key, if there is one.</summary>
    public async Task<IdempotentAnswer?> FindAnswerAsync(string route, string key, CancellationToken cancel)
    {
        var found = await QueryAsync(
            """
            select fingerprint, status, location, body from eventing.idempotency_keys
            where workspace_id = $1 and route = $2 and key = $3
            """,
            row => new IdempotentAnswer(
                route,
                key,
                row.GetFieldValue<byte[]>(0),
                row.GetInt32(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.GetFieldValue<byte[]>(3)
            ),
            cancel,
            Context.Workspace,
            route,
            key
        );
        return found.FirstOrDefault();
    }

    /// <summary>Commits everything that was gathered, or nothing.</summary>
    /// <remarks>
    /// A commit that fails with an I/O error has in fact happened in a third to a half of all cases. So the same
    /// statements with the same ids are tried again, and the keys arbitrate: they wait for the other transaction. If
    /// the second try fails for whatever reason, our first event's id (or, without an event, the unit's row in
    /// <c>eventing.commits</c>) says whether the first one had succeeded.
    /// </remarks>
    /// <exception cref="ConcurrencyException">Somebody else changed a stream first.</exception>
    /// <exception cref="DuplicateRequestException">The idempotency key has its answer already.</exception>
    /// <exception cref="RequestInFlightException">The first request with the idempotency key is still at work.</exception>
    /// <exception cref="LeaseLostException">The message that is being handled belongs to another worker by now.</exception>
    /// <exception cref="ConstraintViolatedException">A constraint of a view or a detail table refused.</exception>
    public async Task SaveChangesAsync(CancellationToken cancel)
    {
        if (_saved)
            throw new InvalidOperationException("A session is saved once.");
        (Exception Failure, long At)? lost = null;
        for (var attempt = 0; _statements.Count > 0 || _answer is not null || _lease is not null; attempt++)
        {
            try
            {
                await CommitAsync(cancel);
                break;
            }
            catch (Exception e)
                when (DatabaseFailure.IsOutcomeUnknown(e)
                    && (lost is null || Stopwatch.GetElapsedTime(lost.Value.At) < RetryFor)
                )
            {
                lost ??= (e, Stopwatch.GetTimestamp());
                await CloseAsync();
                await WaitToRetryAsync(attempt, cancel);
            }
            catch (PostgresException e)
            {
                await CloseAsync();
                if (lost is not null && await WasCommittedAsync(cancel))
                    break;
                // Who holds the lock may be our first try, still at work: what becomes of it is not known yet.
                if (lost is not null && e.SqlState == PostgresErrorCodes.LockNotAvailable)
                    ExceptionDispatchInfo.Throw(lost.Value.Failure);
                throw Translate(e);
            }
        }

        _saved = true;
        await CloseAsync();
        _store.Wakeups.Committed(_lanes, _firstEvent is not null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task CommitAsync(CancellationToken cancel)
    {
        var inTransaction = _transaction is not null;
        _connection ??= await _source.OpenConnectionAsync(cancel);
        await using var batch = NewBatch(_connection, heading: !inTransaction);
        if (_firstEvent is null)
            batch.BatchCommands.Add(SqlStatements.Command("insert into eventing.commits (id) values ($1)", _unit));
        if (_lease is not null)
            batch.BatchCommands.Add(
                SqlStatements.Command(
                    "select eventing.complete_message($1, $2, $3)",
                    _lease.Message,
                    _lease.Generation,
                    Typed.Text(_lease.Error)
                )
            );
        if (_answer is not null)
            batch.BatchCommands.Add(SqlStatements.Command(InsertAnswer, _answer));
        _statements.AppendTo(batch);
        CommitFailpoint.BeforeCommit();
        await batch.ExecuteNonQueryAsync(cancel);
        if (inTransaction)
            await _transaction!.CommitAsync(cancel);
        CommitFailpoint.AfterCommit();
    }

    private const string InsertAnswer = """
        insert into eventing.idempotency_keys (workspace_id, route, key, fingerprint, status, location, body)
        values ($1, $2, $3, $4, $5, $6, $7)
        """;

    /// <summary>
    /// $3 is the version that the stream must have after the append, or null; without such a stream the event's version
    /// is null, which its column refuses.
    /// </summary>
    private const string InsertEvent = """
        insert into eventing.events (stream_id, id, version, type, data, workspace_id, actor, correlation_id, causation_id, traceparent, credential)
        values ($1, $2, (select version from eventing.streams where id = $1 and ($3::int is null or version = $3)) - $4,
                $5, $6, $7, $8, $9, $10, $11, $12)
        """;

    private void AddEvents<TState>(Guid stream, int? expectedVersion, object[] events)
        where TState : notnull
    {
        ArgumentOutOfRangeException.ThrowIfZero(events.Length, nameof(events));
        var projections = _store.InlineProjectionsOf<TState>();
        for (var i = 0; i < events.Length; i++)
        {
            var (name, json) = _store.Model.EventTypes.Write(events[i]);
            var id = _store.NewId();
            _firstEvent ??= id;
            _statements.Add(
                InsertEvent,
                stream,
                id,
                Typed.Int(expectedVersion + events.Length),
                events.Length - 1 - i,
                name,
                new Jsonb(json),
                Context.Workspace,
                Context.Actor,
                Context.Correlation,
                Typed.Uuid(Context.Causation),
                Typed.Text(Activity.Current?.Id),
                Typed.Text(Context.Credential)
            );
            var stored = new StoredEvent(
                0,
                id,
                stream,
                expectedVersion + i + 1,
                events[i],
                name,
                Context.Workspace,
                Context.Actor,
                Context.Correlation,
                Context.Causation,
                null,
                Context.Credential
            );
            foreach (var projection in projections)
                projection.Apply(stored, _statements);
        }
    }

    private async Task<StreamForWriting<TState>?> FetchAsync<TState>(Guid id, bool exclusive, CancellationToken cancel)
        where TState : notnull
    {
        var type = _store.StreamTypeOf<TState>();
        var own = _connection is null ? await _source.OpenConnectionAsync(cancel) : null;
        await using var closing = own;
        await using var batch = NewBatch(own ?? _connection!);
        if (exclusive)
            batch.BatchCommands.Add(SqlStatements.Command("select from eventing.streams where id = $1 for update", id));
        batch.BatchCommands.Add(SqlStatements.Command(SelectStream, id, type.SnapshotSchema));
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            for (var before = batch.BatchCommands.Count - 1; before > 0; before--)
                await reader.NextResultAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                return null;
            var snapshotVersion = reader.GetInt32(1);
            var state = snapshotVersion > 0 ? type.Read(reader.GetFieldValue<byte[]>(3)) : type.Initial;
            var workspace = reader.GetGuid(4);
            var now = reader.GetFieldValue<DateTimeOffset>(5);
            var version = snapshotVersion;
            for (; await reader.ReadAsync(cancel); version = reader.GetInt32(0))
                state = type.Evolve(
                    state,
                    _store.Model.EventTypes.Read(reader.GetString(2), reader.GetFieldValue<byte[]>(3))
                );
            return new StreamForWriting<TState>(this, id, workspace, version, snapshotVersion, state, now);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new ConcurrencyException(id); // somebody has had the stream for longer than the lock timeout
        }
    }

    /// <summary>
    /// The stream's row, then the events behind its snapshot, in one statement: two would see two moments, and a
    /// snapshot written in between would hide the events before it.
    /// </summary>
    private const string SelectStream = """
        with stream as (
            select workspace_id, case when snapshot_schema = $2 then snapshot end as snapshot,
                   case when snapshot_schema = $2 then snapshot_version else 0 end as snapshot_version
            from eventing.streams where id = $1)
        select 0 as version, snapshot_version, null as type, snapshot as data, workspace_id, now() from stream
        union all
        select version, null, type, data, null, null from eventing.events
        where stream_id = $1 and version > (select snapshot_version from stream)
        order by version
        """;

    private NpgsqlBatch NewBatch(NpgsqlConnection connection, bool heading = true)
    {
        var batch = new NpgsqlBatch(connection, _transaction);
        if (_seesOneWorkspace && heading)
            batch.BatchCommands.Add(
                SqlStatements.Command(
                    "select set_config('lectern.workspace', $1, true), set_config('lectern.actor', $2, true)",
                    Context.Workspace.ToString(),
                    Context.Actor
                )
            );
        return batch;
    }

    private async Task<bool> WasCommittedAsync(CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        var (table, id) = _firstEvent is { } first ? ("events", first) : ("commits", _unit);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (await QueryAsync($"select 1 from eventing.{table} where id = $1", _ => 1, cancel, id)).Count
                    > 0;
            }
            catch (Exception e)
                when (DatabaseFailure.IsOutcomeUnknown(e) && Stopwatch.GetElapsedTime(started) < RetryFor)
            {
                await WaitToRetryAsync(attempt, cancel); // this answer can get lost, too
            }
        }
    }

    private Task WaitToRetryAsync(int attempt, CancellationToken cancel)
    {
        _source.Clear(); // idle connections to a server that went away would fail one by one
        return Task.Delay(TimeSpan.FromMilliseconds(50 << Math.Min(attempt, 4)), cancel);
    }

    private static Exception Translate(PostgresException e) =>
        e switch
        {
            { SqlState: "LE001" } => new LeaseLostException(),
            { ConstraintName: "idempotency_keys_pkey" } => new DuplicateRequestException(),
            { SqlState: PostgresErrorCodes.LockNotAvailable, BatchCommand.CommandText: InsertAnswer } =>
                new RequestInFlightException(),
            { SqlState: PostgresErrorCodes.NotNullViolation, BatchCommand: { CommandText: InsertEvent } insert }
                when insert.Parameters[2].Value is DBNull => new InvalidOperationException(
                $"There is no stream {StreamOf(e)} to append to.",
                e
            ),
            { SqlState: PostgresErrorCodes.NotNullViolation, BatchCommand.CommandText: InsertEvent }
            or { ConstraintName: "events_stream_version" or "streams_pkey" }
            or {
                SqlState: PostgresErrorCodes.SerializationFailure
                    or PostgresErrorCodes.DeadlockDetected
                    or PostgresErrorCodes.LockNotAvailable
            } => new ConcurrencyException(StreamOf(e)),
            { ConstraintName: { } constraint } => new ConstraintViolatedException(constraint, e),
            _ => e,
        };

    /// <summary>Every statement that writes a stream has its id first.</summary>
    private static Guid StreamOf(PostgresException e) =>
        e.BatchCommand?.Parameters is { Count: > 0 } values && values[0].Value is Guid stream ? stream : Guid.Empty;

    private async Task CloseAsync()
    {
        if (_transaction is not null)
            await _transaction.DisposeAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
        _transaction = null;
        _connection = null;
    }
}
