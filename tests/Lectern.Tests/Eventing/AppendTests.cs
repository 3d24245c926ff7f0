using Lectern.Eventing;
using Lectern.Tests.Postgres;

namespace Lectern.Tests.Eventing;

public sealed class AppendTests : IAsyncLifetime
{
    private static readonly Guid Workspace = Guid.CreateVersion7();
    private static readonly SessionContext Context = new(Workspace, "system", Guid.CreateVersion7());
    private TestDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(MeterModel.Register);
        await MeterModel.CreateTablesAsync(_database.ConnectionString);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_stream_is_started_once()
    {
        var meter = Guid.CreateVersion7();
        await StartAsync(meter);

        await Should.ThrowAsync<ConcurrencyException>(() => StartAsync(meter));
    }

    [Fact]
    public async Task A_lost_race_is_a_conflict_and_writes_nothing()
    {
        var meter = Guid.CreateVersion7();
        await StartAsync(meter);
        await using var first = _database.Store.OpenSession(Context);
        await using var second = _database.Store.OpenSession(Context);
        var one = await first.FetchForWriting<Meter>(meter, Cancel);
        var two = await second.FetchForWriting<Meter>(meter, Cancel);
        one!.Append(new MeterRead(3));
        two!.Append(new MeterRead(5));

        await first.SaveChangesAsync(Cancel);
        await Should.ThrowAsync<ConcurrencyException>(() => second.SaveChangesAsync(Cancel));

        (await TotalAsync(meter)).ShouldBe(3);
    }

    [Fact]
    public async Task Appends_without_an_expected_version_never_lose()
    {
        var meter = Guid.CreateVersion7();
        await StartAsync(meter);

        await Parallel.ForAsync(
            0,
            200,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel },
            async (_, cancel) =>
            {
                await using var session = _database.Store.OpenSession(Context);
                session.Append<Meter>(meter, new MeterRead(1), new MeterRead(1));
                await session.SaveChangesAsync(cancel);
            }
        );

        (await TotalAsync(meter)).ShouldBe(400);
        await using var read = _database.Store.OpenSession(Context);
        var events = await read.ReadStreamAsync(meter, 0, 1000, Cancel);
        events.Select(e => e.Version!.Value).ShouldBe(Enumerable.Range(1, 401));
    }

    [Fact]
    public async Task Exclusive_fetches_wait_for_each_other()
    {
        var meter = Guid.CreateVersion7();
        await StartAsync(meter);

        await Parallel.ForAsync(
            0,
            100,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel },
            async (_, cancel) =>
            {
                await using var session = _database.Store.OpenSession(Context);
                var stream = await session.FetchForExclusiveWriting<Meter>(meter, cancel);
                stream!.Append(new MeterRead(stream.State.Readings + 1));
                await session.SaveChangesAsync(cancel);
            }
        );

        (await TotalAsync(meter)).ShouldBe(100 * 101 / 2);
    }

    [Fact]
    public async Task Appending_to_no_stream_is_refused()
    {
        await using var session = _database.Store.OpenSession(Context);
        session.Append<Meter>(Guid.CreateVersion7(), new MeterRead(1));
        await Should.ThrowAsync<InvalidOperationException>(() => session.SaveChangesAsync(Cancel));
    }

    private async Task StartAsync(Guid meter)
    {
        await using var session = _database.Store.OpenSession(Context);
        session.StartStream<Meter>(meter, new MeterInstalled("cellar"));
        await session.SaveChangesAsync(Cancel);
    }

    private async Task<int> TotalAsync(Guid meter)
    {
        await using var session = _database.Store.OpenSession(Context);
        return (
            await session.QueryAsync(
                "select total from meters.meter_view where id = $1",
                r => r.GetInt32(0),
                Cancel,
                meter
            )
        ).Single();
    }
}
