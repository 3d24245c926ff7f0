using Lectern.Eventing;

namespace Lectern.Tests.Eventing;

public sealed class AppendTests : MeterTest
{
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
        await using var first = Store.OpenSession(Context);
        await using var second = Store.OpenSession(Context);
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
                await using var session = Store.OpenSession(Context);
                session.Append<Meter>(meter, new MeterRead(1), new MeterRead(1));
                await session.SaveChangesAsync(cancel);
            }
        );

        (await TotalAsync(meter)).ShouldBe(400);
        await using var read = Store.OpenSession(Context);
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
                await using var session = Store.OpenSession(Context);
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
        await using var session = Store.OpenSession(Context);
        session.Append<Meter>(Guid.CreateVersion7(), new MeterRead(1));
        await Should.ThrowAsync<InvalidOperationException>(() => session.SaveChangesAsync(Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(99)]
    public async Task Only_the_version_that_the_stream_has_is_accepted(int expected)
    {
        var meter = await InstallAsync();
        await ReadAsync(meter, 1, 1);

        await using var session = Store.OpenSession(Context);
        session.Append<Meter>(meter, expected, new MeterRead(1), new MeterRead(1));
        var conflict = await Should.ThrowAsync<ConcurrencyException>(() => session.SaveChangesAsync(Cancel));

        conflict.Stream.ShouldBe(meter);
        (await CountAsync("eventing.events where stream_id = $1", meter)).ShouldBe(3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_stream_that_does_not_exist_has_no_version(int expected)
    {
        await using var session = Store.OpenSession(Context);
        session.Append<Meter>(Guid.CreateVersion7(), expected, new MeterRead(1));
        await Should.ThrowAsync<ConcurrencyException>(() => session.SaveChangesAsync(Cancel));
        (await CountAsync("eventing.events")).ShouldBe(0);
    }

    [Fact]
    public async Task The_conflict_names_the_stream_that_was_lost()
    {
        var first = await InstallAsync();
        var second = await InstallAsync();
        await using var session = Store.OpenSession(Context);
        session.Append<Meter>(first, 7, new MeterRead(1));
        session.Append<Meter>(second, 1, new MeterRead(1));
        (await Should.ThrowAsync<ConcurrencyException>(() => session.SaveChangesAsync(Cancel))).Stream.ShouldBe(first);
    }

    [Fact]
    public async Task Fetching_a_stream_twice_in_a_session_can_not_overwrite_itself()
    {
        var meter = await InstallAsync();
        await using var session = Store.OpenSession(Context);
        var one = await session.FetchForWriting<Meter>(meter, Cancel);
        var two = await session.FetchForWriting<Meter>(meter, Cancel);
        one!.Append(new MeterRead(1));
        two!.Append(new MeterRead(2));
        await Should.ThrowAsync<ConcurrencyException>(() => session.SaveChangesAsync(Cancel));
        (await TotalAsync(meter)).ShouldBe(0);
    }

    [Fact]
    public async Task Whoever_waits_too_long_for_a_stream_has_lost_the_race()
    {
        var meter = await InstallAsync();
        await using var holder = Store.OpenSession(Context);
        await holder.FetchForExclusiveWriting<Meter>(meter, Cancel);

        await using var fetching = Store.OpenSession(Context);
        await using var appending = Store.OpenSession(Context);
        appending.Append<Meter>(meter, new MeterRead(1));
        var fetch = fetching.FetchForExclusiveWriting<Meter>(meter, Cancel);
        var append = appending.SaveChangesAsync(Cancel);
        await Should.ThrowAsync<ConcurrencyException>(() => fetch);
        await Should.ThrowAsync<ConcurrencyException>(() => append);
    }

    private async Task StartAsync(Guid meter)
    {
        await using var session = Store.OpenSession(Context);
        session.StartStream<Meter>(meter, new MeterInstalled("cellar"));
        await session.SaveChangesAsync(Cancel);
    }

    private Task<int> TotalAsync(Guid meter) =>
        ScalarAsync<int>("select total from meters.meter_view where id = $1", meter);
}
