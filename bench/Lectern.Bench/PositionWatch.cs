using Npgsql;

namespace Lectern.Bench;

/// <summary>
/// Looks up where an async view stands, every millisecond. Its rows and its position commit together, so it shows an event
/// when the position has reached it.
/// </summary>
internal sealed class PositionWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _done = new();
    private readonly NpgsqlDataSource _database;
    private readonly string _projection;
    private readonly Task<List<(long Position, DateTimeOffset At)>> _watching;

    public PositionWatch(NpgsqlDataSource database, string projection)
    {
        (_database, _projection) = (database, projection);
        _watching = WatchAsync();
    }

    /// <summary>How long each event took, in milliseconds; waits until the view has all of them.</summary>
    /// <param name="started">When each was begun, by the clock of this machine, which is the database's, too.</param>
    /// <param name="places">Where each stands in the log, in the same order.</param>
    public async Task<List<double>> LatenciesAsync(IReadOnlyList<DateTimeOffset> started, IReadOnlyList<long> places)
    {
        var last = places.Max();
        while (await PositionAsync() < last)
            await Task.Delay(5);
        await Task.Delay(50); // the watch has seen it, too
        await _done.CancelAsync();
        var seen = await _watching;
        return
        [
            .. started.Zip(
                places,
                (begun, place) => (seen.First(s => s.Position >= place).At - begun).TotalMilliseconds
            ),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _watching;
        _done.Dispose();
    }

    private async Task<long> PositionAsync()
    {
        await using var command = _database.CreateCommand("select position from eventing.projections where name = $1");
        command.Parameters.AddWithValue(_projection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>On a thread of its own: the pool's are busy with the load.</summary>
    private Task<List<(long Position, DateTimeOffset At)>> WatchAsync() =>
        Task.Factory.StartNew(Watch, TaskCreationOptions.LongRunning);

    private List<(long Position, DateTimeOffset At)> Watch()
    {
        var seen = new List<(long, DateTimeOffset)>();
        using var connection = _database.OpenConnection();
        using var command = new NpgsqlCommand("select position from eventing.projections where name = $1", connection);
        command.Parameters.AddWithValue(_projection);
        command.Prepare(); // so that looking takes as little as it can of what is looked at
        for (long last = -1; !_done.IsCancellationRequested; )
        {
            var position = (long)command.ExecuteScalar()!;
            if (position != last)
                seen.Add((last = position, DateTimeOffset.UtcNow));
            Thread.Sleep(1);
        }

        return seen;
    }
}
