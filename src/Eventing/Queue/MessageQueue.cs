using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// The queue's statements. Leases run by the database's clock; the generation counts claims and fences off a worker
/// whose lease was taken over.
/// </summary>
internal sealed class MessageQueue(EventStore store)
{
    /// <summary>Claims the first ready messages of a lane, as far as its cluster-wide limit allows.</summary>
    public async Task<List<ClaimedMessage>> ClaimAsync(string lane, int host, int limit, CancellationToken stop)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // A claim that a crash of the server undoes is made again, so it need not wait for the disk.
                SqlStatements.Command("select set_config('synchronous_commit', 'off', true)"),
                // Hosts that claim from a limited lane take turns; the next statement then counts what is committed.
                SqlStatements.Command("select from eventing.lanes where name = $1 for update", lane),
                SqlStatements.Command(Claim, lane, limit, host, store.Model.Lease),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        await reader.NextResultAsync(stop);
        var claimed = new List<ClaimedMessage>();
        while (await reader.ReadAsync(stop))
            claimed.Add(
                new ClaimedMessage(
                    reader.GetGuid(0),
                    reader.GetInt64(1),
                    lane,
                    reader.GetString(2),
                    reader.GetFieldValue<byte[]>(3),
                    reader.GetGuid(4),
                    reader.IsDBNull(5) ? null : reader.GetGuid(5),
                    reader.GetString(6),
                    reader.GetGuid(7),
                    reader.IsDBNull(8) ? null : reader.GetString(8),
                    reader.GetInt32(9),
                    reader.GetInt32(10),
                    reader.IsDBNull(11) ? null : reader.GetString(11),
                    reader.IsDBNull(12) ? null : reader.GetString(12)
                )
            );
        claimed.Sort((a, b) => a.Seq.CompareTo(b.Seq));
        return claimed;
    }

    /// <summary>
    /// The ids go through an array: the planner doesn't know that the limit is small, and would read the whole table to
    /// join with.
    /// </summary>
    internal const string Claim = """
        update eventing.messages m
        set state = 'leased', generation = generation + 1, leased_by = $3, leased_until = now() + $4
        where m.id = any (array(
            select id from eventing.messages
            where lane = $1 and state = 'ready'
            order by seq
            limit (select case when min(concurrency) is null then $2 else greatest(0, least($2, min(concurrency) -
                          (select count(*) from eventing.messages where lane = $1 and state = 'leased'))) end
                   from eventing.lanes where name = $1)
            for update skip locked))
        returning m.id, m.seq, m.type, m.data, m.workspace_id, m.group_id, m.actor, m.correlation_id, m.traceparent,
                  m.attempts, m.generation, m.last_error, m.credential
        """;

    /// <summary>Gives a lease back: to be claimed again after the delay, as a failed attempt or not.</summary>
    public Task ReturnAsync(
        ClaimedMessage message,
        TimeSpan delay,
        bool failed,
        string? error,
        CancellationToken stop
    ) =>
        ExecuteAsync(
            """
            update eventing.messages
            set state = case when $3 > interval '0' then 'delayed' else 'ready' end, due_at = now() + $3,
                attempts = attempts + $4, last_error = coalesce($5, last_error), leased_by = null, leased_until = null
            where id = $1 and generation = $2 and state = 'leased'
            """,
            stop,
            message.Id,
            message.Generation,
            delay,
            failed ? 1 : 0,
            Typed.Text(error)
        );

    /// <summary>
    /// Halves a limited lane's concurrency: its provider says that it is busy. The calls that were under way together
    /// all say so; they count as one.
    /// </summary>
    public Task ShrinkAsync(string lane, CancellationToken stop) =>
        ExecuteAsync(
            """
            update eventing.lanes set concurrency = greatest(1, concurrency / 2), changed_at = now()
            where name = $1 and (concurrency = max_concurrency or changed_at < now() - interval '1 second')
            """,
            stop,
            lane
        );

    /// <summary>Prolongs leases and answers which are still held.</summary>
    public async Task<HashSet<(Guid, int)>> RenewAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<(Guid Message, int Generation)> leases,
        CancellationToken stop
    )
    {
        var held = await connection.QueryAsync(
            """
            update eventing.messages m set leased_until = now() + $3
            from unnest($1, $2) as held (id, generation)
            where m.id = held.id and m.generation = held.generation and m.state = 'leased'
            returning m.id, m.generation
            """,
            row => (row.GetGuid(0), row.GetInt32(1)),
            stop,
            leases.Select(l => l.Message).ToArray(),
            leases.Select(l => l.Generation).ToArray(),
            store.Model.Lease
        );
        return [.. held];
    }

    /// <summary>
    /// Makes ready what has become due and what no living host holds: a lease that ran out, or one of a host whose
    /// advisory lock is gone, which Postgres releases the moment that the process is dead. A host that lost only its
    /// connection takes the lock again within a second, or two on a busy machine, so it must be missing in three sweeps.
    /// </summary>
    /// <param name="connection">Any worker's connection.</param>
    /// <param name="missing">The hosts that were missing in the last two sweeps.</param>
    /// <param name="stop">Stops it.</param>
    /// <returns>The lanes that have new work, and the hosts that are missing now.</returns>
    public static async Task<(HashSet<string> Lanes, int[] Missing)> SweepAsync(
        NpgsqlConnection connection,
        int[] missing,
        CancellationToken stop
    )
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                SqlStatements.Command(
                    """
                    with due as (
                        select id from eventing.messages where state = 'delayed' and due_at <= now()
                        order by due_at limit 10000 for update skip locked)
                    update eventing.messages m set state = 'ready' from due where m.id = due.id returning m.lane
                    """
                ),
                SqlStatements.Command(
                    $"""
                    with lost as (
                        select m.id from eventing.messages m
                        where m.state = 'leased' and (m.leased_until < now() or m.leased_by = any($2) and {HostIsMissing})
                        for update skip locked)
                    update eventing.messages m
                    set state = 'ready', attempts = attempts + 1, leased_by = null, leased_until = null,
                        last_error = 'The worker that held it went away.'
                    from lost where m.id = lost.id returning m.lane
                    """,
                    HostPresence.LockClass,
                    missing
                ),
                SqlStatements.Command(
                    """
                    update eventing.lanes set concurrency = concurrency + 1, changed_at = now()
                    where concurrency < max_concurrency and changed_at < now() - make_interval(secs => recover_seconds)
                    returning name
                    """
                ),
                SqlStatements.Command(
                    $"select distinct m.leased_by from eventing.messages m where m.state = 'leased' and {HostIsMissing}",
                    HostPresence.LockClass
                ),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(stop);
        var lanes = new HashSet<string>(StringComparer.Ordinal);
        for (var update = 0; update < 3; update++)
        {
            while (await reader.ReadAsync(stop))
                lanes.Add(reader.GetString(0));
            await reader.NextResultAsync(stop);
        }

        var missingNow = new List<int>();
        while (await reader.ReadAsync(stop))
            missingNow.Add(reader.GetInt32(0));
        return (lanes, [.. missingNow]);
    }

    private const string HostIsMissing = """
        not exists (
            select from pg_locks l
            where l.locktype = 'advisory' and l.granted and l.objsubid = 2
              and l.database = (select oid from pg_database where datname = current_database())
              and l.classid = $1::int::oid and l.objid = m.leased_by::oid)
        """;

    private async Task ExecuteAsync(string sql, CancellationToken stop, params object?[] values)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(sql, stop, values);
    }
}
