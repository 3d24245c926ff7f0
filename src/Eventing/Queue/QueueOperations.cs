using Npgsql;

namespace Lectern.Eventing;

/// <summary>What operators ask of the queue, and the housekeeping of it.</summary>
public sealed class QueueOperations(EventStore store)
{
    /// <summary>Depth and age by lane: those of this program, and those that only have messages left.</summary>
    public Task<List<LaneStatus>> StatusAsync(CancellationToken cancel) =>
        QueryAsync(
            """
            with waiting as (
                select lane, count(*) filter (where state = 'ready') as ready,
                       count(*) filter (where state = 'leased') as leased, count(*) filter (where state = 'delayed') as delayed,
                       extract(epoch from now() - min(due_at) filter (where state = 'ready'))::float8 as age
                from eventing.messages group by lane),
            dead as (select lane, count(*) as letters from eventing.dead_letters group by lane)
            select lane, coalesce(ready, 0), coalesce(leased, 0), coalesce(delayed, 0), coalesce(age, 0),
                   coalesce(letters, 0), concurrency
            from unnest($1::text[]) as known (lane) full join waiting using (lane) full join dead using (lane)
            left join eventing.lanes on name = lane
            order by lane
            """,
            row => new LaneStatus(
                row.GetString(0),
                row.GetInt64(1),
                row.GetInt64(2),
                row.GetInt64(3),
                TimeSpan.FromSeconds(row.GetDouble(4)),
                row.GetInt64(5),
                row.IsDBNull(6) ? null : row.GetInt32(6)
            ),
            cancel,
            (object)store.Model.Lanes.Keys.ToArray() // one value, and not as many as there are lanes
        );

    /// <summary>How many dead letters there are of each type.</summary>
    public async Task<Dictionary<string, long>> DeadLetterCountsAsync(CancellationToken cancel) =>
        (
            await QueryAsync(
                "select type, count(*) from eventing.dead_letters group by type",
                row => (Type: row.GetString(0), Count: row.GetInt64(1)),
                cancel
            )
        ).ToDictionary(row => row.Type, row => row.Count, StringComparer.Ordinal);

    /// <summary>The dead letters, oldest first.</summary>
    public Task<List<DeadLetter>> DeadLettersAsync(CancellationToken cancel) =>
        QueryAsync(
            "select id, lane, type, data::text, workspace_id, attempts, error, died_at from eventing.dead_letters order by died_at, id",
            row => new DeadLetter(
                row.GetGuid(0),
                row.GetString(1),
                row.GetString(2),
                row.GetString(3),
                row.GetGuid(4),
                row.GetInt32(5),
                row.GetString(6),
                row.GetFieldValue<DateTimeOffset>(7)
            ),
            cancel
        );

    /// <summary>Puts a dead letter back into its lane under the same id; false when it is none (any more).</summary>
    public async Task<bool> ReplayAsync(Guid id, CancellationToken cancel)
    {
        var lanes = await QueryAsync(
            """
            with back as (delete from eventing.dead_letters where id = $1 returning *)
            insert into eventing.messages (id, lane, type, data, workspace_id, group_id, actor, correlation_id, causation_id, traceparent, generation, enqueued_at, credential)
            select id, lane, type, data, workspace_id, group_id, actor, correlation_id, causation_id, traceparent, generation, enqueued_at, credential from back
            returning lane
            """,
            row => row.GetString(0),
            cancel,
            id
        );
        store.Wakeups.Committed(lanes, false);
        return lanes.Count == 1;
    }

    /// <summary>Forgets the answers that are older than the published retention of idempotency keys.</summary>
    public Task ForgetAnswersAsync(TimeSpan olderThan, CancellationToken cancel) =>
        QueryAsync(
            "delete from eventing.idempotency_keys where created_at < now() - $1 returning 1",
            row => row.GetInt32(0),
            cancel,
            olderThan
        );

    /// <summary>
    /// Forgets what a workspace's texts could be read from: answers to idempotent requests, dead letters, and the errors of
    /// messages that wait. The messages themselves hold ids and stay.
    /// </summary>
    public Task ForgetWorkspaceAsync(Guid workspace, CancellationToken cancel) =>
        QueryAsync(
            """
            with answers as (delete from eventing.idempotency_keys where workspace_id = $1),
                 letters as (delete from eventing.dead_letters where workspace_id = $1),
                 errors as (update eventing.messages set last_error = null where workspace_id = $1 and last_error is not null)
            select 1
            """,
            row => row.GetInt32(0),
            cancel,
            workspace
        );

    /// <summary>Whether messages of a module wait or are at work for a workspace.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="module">The part of the stored names before the dot.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<bool> HasMessagesAsync(Guid workspace, string module, CancellationToken cancel) =>
        (
            await QueryAsync(
                "select exists (select from eventing.messages where workspace_id = $1 and starts_with(type, $2))",
                row => row.GetBoolean(0),
                cancel,
                workspace,
                module + "."
            )
        ).Single();

    private async Task<List<T>> QueryAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancel,
        params object?[] values
    )
    {
        await using var session = store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.Empty));
        return await session.QueryAsync(sql, read, cancel, values);
    }
}

/// <summary>One lane of the queue.</summary>
/// <param name="Lane">Its name.</param>
/// <param name="Ready">Messages that wait for a worker.</param>
/// <param name="Leased">Messages at work.</param>
/// <param name="Delayed">Messages that wait for their time.</param>
/// <param name="OldestReady">How long the oldest ready one has been due.</param>
/// <param name="DeadLetters">Messages that were given up.</param>
/// <param name="Limit">How many the cluster handles at a time now; null where only each host's own number counts.</param>
public sealed record LaneStatus(
    string Lane,
    long Ready,
    long Leased,
    long Delayed,
    TimeSpan OldestReady,
    long DeadLetters,
    int? Limit
);

/// <summary>A message that was given up, with what it needs to be understood and replayed.</summary>
public sealed record DeadLetter(
    Guid Id,
    string Lane,
    string Type,
    string Json,
    Guid Workspace,
    int Attempts,
    string Error,
    DateTimeOffset DiedAt
);
