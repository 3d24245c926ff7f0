using Lectern.Eventing;

namespace Lectern.Tests.Eventing;

public sealed class SnapshotTests : MeterTest
{
    [Fact]
    public async Task A_long_stream_is_read_from_its_snapshot_and_a_short_tail()
    {
        var meter = await InstallAsync();
        var random = new Random(1);
        for (var version = 1; version < 1000; )
        {
            await using var session = Store.OpenSession(Context);
            var stream = await session.FetchForWriting<Meter>(meter, Cancel);
            var count = random.Next(1, 15);
            stream!.Append([.. Enumerable.Range(0, count).Select(i => (object)new MeterRead(version + i))]);
            version += count;
            await session.SaveChangesAsync(Cancel);
            (
                await CountAsync(
                    "eventing.streams s join eventing.events e on e.stream_id = s.id and e.version > s.snapshot_version"
                )
            ).ShouldBeLessThanOrEqualTo(20);
        }

        await using var read = Store.OpenSession(Context);
        var fetched = await read.FetchForWriting<Meter>(meter, Cancel);
        var folded = await read.StateAtAsync<Meter>(meter, fetched!.Version, Cancel);
        fetched.State.ShouldBe(folded);
        fetched.Version.ShouldBe((int)await CountAsync("eventing.events"));
    }

    [Fact]
    public async Task The_tail_is_all_that_is_read()
    {
        var meter = await InstallAsync();
        await AppendFetchedAsync(Store, meter, 40);
        // What lies behind the snapshot isn't looked at: make it unreadable.
        await ExecuteAsync("update eventing.events set type = 'unknown' where version <= 41");
        await ReadAsync(meter, 1, 1);

        await using var session = Store.OpenSession(Context);
        var stream = await session.FetchForWriting<Meter>(meter, Cancel);
        stream!.State.ShouldBe(new Meter(true, 42, 42));
    }

    [Fact]
    public async Task A_snapshot_of_an_older_schema_is_not_used()
    {
        var meter = await InstallAsync();
        await AppendFetchedAsync(Store, meter, 40);
        await ExecuteAsync(
            "update eventing.streams set snapshot = '{\"installed\": false, \"total\": -1, \"readings\": -1}'"
        );
        (await StateAsync(Store)).Total.ShouldBe(-1); // so the snapshot is what is read

        await using var newer = StoreWithSchema(2);
        (await StateAsync(newer)).ShouldBe(new Meter(true, 40, 40));
        await AppendFetchedAsync(newer, meter, 1);
        (await StateAsync(newer)).ShouldBe(new Meter(true, 41, 41));
        (await ScalarAsync<int>("select snapshot_version from eventing.streams")).ShouldBe(42);

        async Task<Meter> StateAsync(EventStore store)
        {
            await using var session = store.OpenSession(Context);
            return (await session.FetchForWriting<Meter>(meter, Cancel))!.State;
        }
    }

    [Fact]
    public async Task A_reader_sees_one_moment_of_a_stream_that_others_write()
    {
        var meter = await InstallAsync();
        using var done = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < 60; i++)
                    await AppendFetchedAsync(Store, meter, 19 + (i % 3)); // a snapshot with nearly every append
                await done.CancelAsync();
            },
            Cancel
        );
        var reads = 0;
        for (; !done.IsCancellationRequested; reads++)
        {
            await using var session = Store.OpenSession(Context);
            var stream = await session.FetchForWriting<Meter>(meter, Cancel);
            stream!.State.Readings.ShouldBe(stream.Version - 1);
        }

        await writing;
        reads.ShouldBeGreaterThan(20);
    }

    private static async Task AppendFetchedAsync(EventStore store, Guid meter, int count)
    {
        await using var session = store.OpenSession(Context);
        var stream = await session.FetchForWriting<Meter>(meter, Cancel);
        stream!.Append([.. Enumerable.Repeat((object)new MeterRead(1), count)]);
        await session.SaveChangesAsync(Cancel);
    }

    private EventStore StoreWithSchema(int schema)
    {
        var model = new EventingBuilder(new Microsoft.Extensions.DependencyInjection.ServiceCollection());
        model.Event("meters.meter_installed.v1", MeterJson.Default.MeterInstalled);
        model.Event("meters.meter_read.v1", MeterJson.Default.MeterRead);
        model.Stream("meter", Meter.Initial, Meter.Evolve, MeterJson.Default.Meter, schema);
        return new EventStore(model, Database.ConnectionString, TimeProvider.System);
    }
}
