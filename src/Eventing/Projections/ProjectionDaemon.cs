using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Eventing;

/// <summary>
/// Moves the async projections along the log. Rows and position commit together; hosts that run it at the same time
/// take turns by the position's row lock. An event that can't be applied stops its projection, with the error in its
/// row, in the log and in readiness; it is never skipped.
/// </summary>
internal sealed partial class ProjectionDaemon(EventStore store, ILogger<ProjectionDaemon> log) : BackgroundService
{
    private const int BatchSize = 5000;
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryStoppedEvery = TimeSpan.FromSeconds(30);

    private readonly LogReader _reader = new(store);
    private readonly Dictionary<string, long> _stoppedAt = [];

    /// <summary>A rebuild takes its time; the other projections go on meanwhile.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        store.Model.AsyncProjections.Count == 0
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

    /// <summary>Moves every projection up to the head of now.</summary>
    internal async Task CatchUpAsync(CancellationToken stop)
    {
        var head = await _reader.FinalHeadAsync(stop);
        foreach (var projection in store.Model.AsyncProjections)
        {
            if (_stoppedAt.TryGetValue(projection.Name, out var at) && Stopwatch.GetElapsedTime(at) < RetryStoppedEvery)
                continue;
            try
            {
                while (await AdvanceAsync(projection, head, BatchSize, stop)) { }
                _stoppedAt.Remove(projection.Name);
            }
            catch (Exception e) when (!DatabaseFailure.IsPassing(e) && e is not OperationCanceledException)
            {
                _stoppedAt[projection.Name] = Stopwatch.GetTimestamp();
                await StopAtTheCulpritAsync(projection, head, stop);
            }
        }
    }

    /// <summary>Something in a batch can't be applied: one by one, everything before it still can.</summary>
    private async Task StopAtTheCulpritAsync(AsyncProjection projection, long head, CancellationToken stop)
    {
        try
        {
            while (await AdvanceAsync(projection, head, batchSize: 1, stop)) { }
            _stoppedAt.Remove(projection.Name); // it passed after all
        }
        catch (Exception e) when (!DatabaseFailure.IsPassing(e) && e is not OperationCanceledException)
        {
            LogStopped(log, e, projection.Name);
            await RecordErrorAsync(projection, e.Message, stop);
        }
    }

    /// <summary>One batch; false when the projection stands at the head, or another host is at it.</summary>
    private async Task<bool> AdvanceAsync(AsyncProjection projection, long head, int batchSize, CancellationToken stop)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var claim = await connection.ScalarAsync(
            "select position from eventing.projections where name = $1 and version = $2 and position < $3 for update skip locked",
            stop,
            projection.Name,
            projection.Version,
            head
        );
        if (claim is not long position)
            return false;

        var events = await LogReader.ReadAsync(
            connection,
            store.Model.EventTypes,
            store.Model.EventTypes.NamesExcept(projection.Events),
            position,
            head,
            batchSize,
            stop
        );
        var reached = events.Count == batchSize ? events[^1].Seq : head;
        await WriteAsync(connection, projection, projection.Schema, events, reached, stop);
        await transaction.CommitAsync(stop);
        return reached < head;
    }

    internal static async Task WriteAsync(
        NpgsqlConnection connection,
        AsyncProjection projection,
        string schema,
        IReadOnlyList<StoredEvent> events,
        long? position,
        CancellationToken stop
    )
    {
        var sql = new SqlStatements();
        if (events.Count > 0)
        {
            sql.Add("select set_config('search_path', $1, true)", $"{schema}, public");
            projection.Apply(events, sql);
        }

        if (position is not null)
            sql.Add(
                "update eventing.projections set position = $2, error = null, changed_at = now() where name = $1",
                projection.Name,
                position
            );
        await using var batch = new NpgsqlBatch(connection);
        sql.AppendTo(batch);
        if (sql.Count > 0)
            await batch.ExecuteNonQueryAsync(stop);
    }

    private async Task RecordErrorAsync(AsyncProjection projection, string error, CancellationToken stop)
    {
        await using var connection = await store.Worker.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(
            "update eventing.projections set error = $2, changed_at = now() where name = $1",
            stop,
            projection.Name,
            error
        );
    }

    private async Task RebuildOutdatedAsync(CancellationToken stop)
    {
        var rebuild = new ProjectionRebuild(store);
        foreach (var projection in await rebuild.OutdatedAsync(stop))
        {
            LogRebuild(log, projection.Name, projection.Version);
            await rebuild.RebuildAsync(projection, onlyIfOutdated: true, stop);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The projections pause: {Reason}")]
    private static partial void LogLost(ILogger log, string reason);

    [LoggerMessage(LogLevel.Critical, "Projection {Name} stopped at an event that it can't apply.")]
    private static partial void LogStopped(ILogger log, Exception error, string name);

    [LoggerMessage(LogLevel.Information, "Projection {Name} is rebuilt as version {Version}.")]
    private static partial void LogRebuild(ILogger log, string name, int version);
}
