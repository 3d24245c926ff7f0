using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// Moves the async projections and subscriptions along the log. What they write and their positions commit together;
/// hosts that run it at the same time take turns by the positions' row locks. An event that can't be applied stops its
/// follower, with the error in its row, in the log and in readiness; it is never skipped.
/// </summary>
internal sealed partial class ProjectionDaemon(EventStore store, ILogger<ProjectionDaemon> log) : BackgroundService
{
    internal const int MostAtOnce = 5000;

    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryStoppedEvery = TimeSpan.FromSeconds(30);

    private readonly LogReader _reader = new(store);
    private readonly Dictionary<string, long> _stoppedAt = [];
    private int _atOnce = MostAtOnce;

    /// <summary>A rebuild takes its time; the other projections go on meanwhile.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        store.Model.AsyncProjections.Count + store.Model.Subscriptions.Count == 0
            ? Task.CompletedTask
            : Task.WhenAll(
                RetryingAsync(RebuildOutdatedAsync, stoppingToken),
                RetryingAsync(FollowAsync, stoppingToken)
            );

    private async Task FollowAsync(CancellationToken stop)
    {
        while (true)
        {
            await CatchUpAsync(stop);
            await store.Wakeups.Projector.WaitAsync(PollEvery, stop);
        }
    }

    private async Task RetryingAsync(Func<CancellationToken, Task> run, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await run(stop);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogLost(log, e.Message);
                await Task.Delay(PollEvery, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Moves every follower on until all stand at the head.</summary>
    internal async Task CatchUpAsync(CancellationToken stop)
    {
        List<LogFollower> going = [.. store.Model.AsyncProjections, .. store.Model.Subscriptions];
        going.RemoveAll(follower =>
            _stoppedAt.TryGetValue(follower.Name, out var at) && Stopwatch.GetElapsedTime(at) < RetryStoppedEvery
        );
        try
        {
            while (await AdvanceAsync(going, _atOnce, stop)) { }
            _atOnce = MostAtOnce;
            foreach (var follower in going)
                _stoppedAt.Remove(follower.Name);
        }
        catch (Exception e) when (DatabaseFailure.IsTooLong(e) && _atOnce > 1)
        {
            TakeFewer();
        }
        catch (Exception e) when (!DatabaseFailure.IsPassing(e) && e is not OperationCanceledException)
        {
            foreach (var follower in going)
                await CatchUpAloneAsync(follower, stop);
        }
    }

    /// <summary>The same again would take as long again, for ever.</summary>
    private void TakeFewer()
    {
        LogTooLong(log, _atOnce);
        _atOnce = Math.Max(1, _atOnce / 10);
    }

    /// <summary>Somebody can't apply something; whoever it is not goes on.</summary>
    private async Task CatchUpAloneAsync(LogFollower follower, CancellationToken stop)
    {
        try
        {
            while (await AdvanceAsync([follower], _atOnce, stop)) { }
            _stoppedAt.Remove(follower.Name);
        }
        catch (Exception e) when (DatabaseFailure.IsTooLong(e) && _atOnce > 1)
        {
            TakeFewer(); // it comes again in the next round; the others must not wait for that
        }
        catch (Exception e) when (!DatabaseFailure.IsPassing(e) && e is not OperationCanceledException)
        {
            _stoppedAt[follower.Name] = Stopwatch.GetTimestamp();
            await StopAtTheCulpritAsync(follower, stop);
        }
    }

    /// <summary>Something in a batch can't be applied: one by one, everything before it still can.</summary>
    private async Task StopAtTheCulpritAsync(LogFollower follower, CancellationToken stop)
    {
        try
        {
            while (await AdvanceAsync([follower], batchSize: 1, stop)) { }
            _stoppedAt.Remove(follower.Name); // it passed after all
        }
        catch (Exception e) when (!DatabaseFailure.IsPassing(e) && e is not OperationCanceledException)
        {
            LogStopped(log, e, follower.Name);
            await RecordErrorAsync(follower, e.Message, stop);
        }
    }

    /// <summary>
    /// One batch for all who stand at one place, read once for all of them; as a rule that is everybody. Of several places
    /// it is the one that was not moved for longest: somebody who is far behind must not hold up the others.
    /// False when everybody stands at the head, or other hosts are at it.
    /// </summary>
    private async Task<bool> AdvanceAsync(List<LogFollower> followers, int batchSize, CancellationToken stop)
    {
        var head = await _reader.FinalHeadAsync(stop);
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var positions = await connection.QueryAsync(
            """
            select name, position, changed_at from eventing.projections p
            join unnest($1::text[], $2::int[]) f (name, version) using (name, version)
            where position < $3 order by name for update of p skip locked
            """,
            row => (Name: row.GetString(0), Position: row.GetInt64(1), MovedAt: row.GetFieldValue<DateTimeOffset>(2)),
            stop,
            followers.Select(f => f.Name).ToArray(),
            followers.Select(f => f.Version).ToArray(),
            head
        );
        if (positions.Count == 0)
            return false;

        var position = positions.MinBy(p => (p.MovedAt, p.Position)).Position;
        var upTo = positions.Where(p => p.Position > position).Select(p => p.Position).Append(head).Min();
        var here = positions.Where(p => p.Position == position).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var group = followers.FindAll(follower => here.Contains(follower.Name));
        var types = store.Model.EventTypes;
        var events = await LogReader.ReadAsync(
            connection,
            types,
            types.NamesExcept([.. group.SelectMany(f => f.Events)]),
            position,
            upTo,
            batchSize,
            stop
        );
        var reached = events.Count == batchSize ? events[^1].Seq : upTo;
        var shares = group.ConvertAll(follower => (Follower: follower, Events: OwnOf(follower, events)));
        foreach (var (follower, own) in shares)
            if (own.Count > follower.MostAtOnce)
                reached = Math.Min(reached, own[follower.MostAtOnce - 1].Seq);
        var sql = new SqlStatements();
        var lanes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (follower, own) in shares)
        {
            own.RemoveAll(stored => stored.Seq > reached);
            if (own.Count > 0)
                await ApplyAsync(follower, own, connection, sql, lanes, stop);
        }

        // What a crash of the server undoes is made again from the same events, so views need not wait for the disk. A
        // message must: what it leads to may be done at once, outside.
        if (lanes.Count == 0)
            sql.Add("select set_config('synchronous_commit', 'off', true)");
        sql.Add(
            "update eventing.projections set position = $2, error = null, changed_at = now() where name = any($1)",
            group.Select(f => f.Name).ToArray(),
            reached
        );
        sql.Add("commit"); // in the same round trip
        await ExecuteAsync(sql, connection, stop);
        store.Wakeups.Committed(lanes, appended: false);
        return reached < head || group.Count < positions.Count;
    }

    private static List<StoredEvent> OwnOf(LogFollower follower, List<StoredEvent> events)
    {
        var followed = follower.Events.ToHashSet();
        return events.FindAll(stored => followed.Contains(stored.Data.GetType()));
    }

    private async Task ApplyAsync(
        LogFollower follower,
        IReadOnlyList<StoredEvent> events,
        NpgsqlConnection connection,
        SqlStatements sql,
        HashSet<string> lanes,
        CancellationToken stop
    )
    {
        if (follower is AsyncProjection projection)
            Apply(projection, projection.Schema, events, sql);
        else
            await ((Subscription)follower).ReactAsync(events, new Reaction(store, connection, sql, lanes), stop);
    }

    internal static void Apply(
        AsyncProjection projection,
        string schema,
        IReadOnlyList<StoredEvent> events,
        SqlStatements sql
    )
    {
        // A plan is made once, not for each batch anew: of the statistics' widest statement that takes as long as running it.
        sql.Add(
            "select set_config('search_path', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true)",
            $"{schema}, public"
        );
        projection.Apply(events, sql);
    }

    internal static async Task ExecuteAsync(SqlStatements sql, NpgsqlConnection connection, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection);
        sql.AppendTo(batch);
        await batch.ExecuteNonQueryAsync(stop);
    }

    private async Task RecordErrorAsync(LogFollower follower, string error, CancellationToken stop)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(
            "update eventing.projections set error = $2, changed_at = now() where name = $1",
            stop,
            follower.Name,
            error
        );
    }

    private async Task RebuildOutdatedAsync(CancellationToken stop)
    {
        var rebuild = new ProjectionRebuild(store);
        while (true)
        {
            var hasFailed = false;
            foreach (var projection in await rebuild.OutdatedAsync(stop))
            {
                LogRebuild(log, projection.Name, projection.Version);
                try
                {
                    await rebuild.RebuildAsync(projection, onlyIfOutdated: true, stop);
                }
                catch (Exception e) when (!DatabaseFailure.IsPassing(e) && e is not OperationCanceledException)
                {
                    hasFailed = true; // the others are made all the same, and the log isn't read again at once
                    LogStopped(log, e, projection.Name);
                    await RecordErrorAsync(projection, e.Message, stop);
                }
            }

            if (!hasFailed)
                return;
            await Task.Delay(RetryStoppedEvery, stop);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The projections pause: {Reason}")]
    private static partial void LogLost(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "{Count} events at once take the projections too long; fewer are tried.")]
    private static partial void LogTooLong(ILogger log, int count);

    [LoggerMessage(LogLevel.Critical, "Projection {Name} stopped at an event that it can't apply.")]
    private static partial void LogStopped(ILogger log, Exception error, string name);

    [LoggerMessage(LogLevel.Information, "Projection {Name} is rebuilt as version {Version}.")]
    private static partial void LogRebuild(ILogger log, string name, int version);
}
