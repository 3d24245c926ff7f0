using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lectern.Tests.Eventing;

/// <summary>Whoever listens to the log gets every event of the workspace once and in order, whenever they join.</summary>
public sealed class LogTailTests : MeterTest
{
    private const int Plenty = 100_000;

    [Fact]
    public async Task Eight_writers_with_slow_transactions_are_heard_in_order_and_whole_also_by_who_joins_late()
    {
        await Database.Host.StartAsync(Cancel);
        var meters = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => InstallAsync()));
        var wallet = await InstallAsync();
        var done = new TaskCompletionSource();
        var early = HearAsync(TailOf(Database.Host), done.Task);
        var late = Task.Run(async () =>
        {
            var heard = new List<Task<List<StoredEvent>>>();
            while (!done.Task.IsCompleted && heard.Count < 60)
            {
                heard.Add(HearAsync(TailOf(Database.Host), done.Task));
                await Task.WhenAny(done.Task, Store.Wakeups.NextAppend());
            }

            return await Task.WhenAll(heard);
        });

        await Task.WhenAll(meters.Select((meter, writer) => WriteAsync(meter, wallet, new Random(writer))));
        done.SetResult();

        var log = (await AllAsync()).Select(stored => stored.Seq).ToList();
        (await early).Select(stored => stored.Seq).ShouldBe(log);
        var others = await late;
        others.Length.ShouldBeGreaterThan(10);
        foreach (var heard in others)
            heard.Select(stored => stored.Seq).ShouldBe(log);
        foreach (var stream in (await early).GroupBy(stored => stored.Stream))
            stream.Select(stored => stored.Version!.Value).ShouldBe(Enumerable.Range(1, stream.Count()));
        TailOf(Database.Host).Listeners.ShouldBe(0);
    }

    [Fact]
    public async Task A_listener_hears_its_own_workspace_and_its_own_stream_only()
    {
        await Database.Host.StartAsync(Cancel);
        var mine = await InstallAsync();
        using var all = await JoinAsync();
        using var one = await TailOf(Database.Host).JoinAsync(Workspace, mine, null, Plenty, Cancel);

        await InstallAsync(new SessionContext(Guid.CreateVersion7(), "system", Guid.CreateVersion7()));
        var other = await InstallAsync();
        await ReadAsync(mine, 1);

        (await NextAsync(all)).Stream.ShouldBe(other);
        (await NextAsync(all)).Stream.ShouldBe(mine);
        (await NextAsync(one)).Stream.ShouldBe(mine);
        all.Events.TryRead(out _).ShouldBeFalse();
        one.Events.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Who_leaves_while_joining_is_forgotten_and_the_others_are_served()
    {
        await Database.Host.StartAsync(Cancel);
        var meter = await InstallAsync();
        var tail = TailOf(Database.Host);
        using var stays = await JoinAsync();
        for (var i = 0; i < 50; i++)
        {
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var joining = tail.JoinAsync(Workspace, null, null, Plenty, gone.Token);
            await gone.CancelAsync();
            try
            {
                (await joining).Dispose(); // it was quicker
            }
            catch (OperationCanceledException) { }
        }

        await ReadAsync(meter, 1);
        (await NextAsync(stays)).Stream.ShouldBe(meter);
        await EventuallyAsync(() => Task.FromResult(tail.Listeners == 1), "only one listens");
    }

    [Fact]
    public async Task Who_is_too_slow_gets_what_was_waiting_and_then_hears_so_and_nobody_else_is_held_up()
    {
        await Database.Host.StartAsync(Cancel);
        var meter = await InstallAsync();
        using var slow = await TailOf(Database.Host).JoinAsync(Workspace, null, null, 3, Cancel);
        using var quick = await JoinAsync();

        await ReadAsync(meter, 1, 2, 3, 4, 5);

        for (var i = 0; i < 5; i++)
            (await NextAsync(quick)).Version.ShouldBe(i + 2);
        for (var i = 0; i < 3; i++)
            (await NextAsync(slow)).Version.ShouldBe(i + 2);
        await Should.ThrowAsync<TooSlowException>(async () => await slow.Events.WaitToReadAsync(Cancel));
        TailOf(Database.Host).Listeners.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_listener_does_not_want_takes_no_room()
    {
        await Database.Host.StartAsync(Cancel);
        var meter = await InstallAsync();
        using var few = await TailOf(Database.Host)
            .JoinAsync(Workspace, null, stored => stored.Version % 5 == 0, 3, Cancel);
        using var all = await JoinAsync();

        await ReadAsync(meter, [.. Enumerable.Range(1, 15)]);

        for (var i = 0; i < 15; i++)
            await NextAsync(all);
        foreach (var version in new[] { 5, 10, 15 })
            (await NextAsync(few)).Version.ShouldBe(version);
    }

    [Fact]
    public async Task A_round_that_breaks_off_in_the_middle_tells_nothing_twice()
    {
        await Database.Host.StartAsync(Cancel);
        var meter = await InstallAsync();
        var done = new TaskCompletionSource();
        var heard = HearAsync(TailOf(Database.Host), done.Task);
        var writing = Task.Run(
            async () =>
            {
                // More than a page at a time, so that connections are also lost between two pages of a round.
                for (var i = 0; i < 12; i++)
                    await ReadAsync(meter, Enumerable.Repeat(1, 700).ToArray());
            },
            TestContext.Current.CancellationToken
        );
        while (!writing.IsCompleted)
            await ExecuteAsync(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and application_name = 'lectern-worker'
                """
            );
        await writing;
        done.SetResult();

        (await heard).Select(stored => stored.Version!.Value).ShouldBe(Enumerable.Range(1, 12 * 700 + 1));
    }

    [Fact]
    public async Task What_another_host_appends_is_heard_also_when_no_notification_comes_through()
    {
        var other = AnotherHost();
        await other.StartAsync(Cancel);
        await Database.Host.StartAsync(Cancel);
        var meter = await InstallAsync();
        using var listener = await TailOf(other).JoinAsync(Workspace, null, null, Plenty, Cancel);
        await ReadAsync(meter, 1);
        (await NextAsync(listener)).Version.ShouldBe(2);

        // A writer that tells nobody: what is heard of it is heard by looking.
        await Database.Host.StopAsync(Cancel);
        await ReadAsync(meter, 2);
        (await NextAsync(listener)).Version.ShouldBe(3);
    }

    [Fact]
    public async Task A_host_that_stops_ends_its_listeners_and_lets_nobody_wait()
    {
        await Database.Host.StartAsync(Cancel);
        var tail = TailOf(Database.Host);
        using var listener = await JoinAsync();

        await Database.Host.StopAsync(Cancel);

        (await listener.Events.WaitToReadAsync(Cancel)).ShouldBeFalse();
        await Should.ThrowAsync<OperationCanceledException>(() => tail.JoinAsync(Workspace, null, null, 1, Cancel));
    }

    private static LogTail TailOf(IHost host) => host.Services.GetRequiredService<LogTail>();

    private Task<TailListener> JoinAsync() => TailOf(Database.Host).JoinAsync(Workspace, null, null, Plenty, Cancel);

    private static async Task<StoredEvent> NextAsync(TailListener listener) =>
        await listener.Events.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel);

    /// <summary>Joins, reads what was before, and listens until all that was appended by the end is there.</summary>
    private async Task<List<StoredEvent>> HearAsync(LogTail tail, Task done)
    {
        using var listener = await tail.JoinAsync(Workspace, null, null, Plenty, Cancel);
        await using var session = Store.OpenSession(Context);
        var heard = await session.ReadLogAsync(null, null, 0, listener.From, Plenty, Cancel);
        await done;
        var last = await ScalarAsync<long>("select max(seq) from eventing.events");
        while ((heard.Count == 0 ? 0 : heard[^1].Seq) < last)
            heard.Add(await NextAsync(listener));
        return heard;
    }

    private async Task<List<StoredEvent>> AllAsync()
    {
        await using var session = Store.OpenSession(Context);
        return await session.ReadLogAsync(null, null, 0, long.MaxValue, Plenty, Cancel);
    }

    private async Task WriteAsync(Guid meter, Guid wallet, Random random)
    {
        for (var i = 0; i < 60; i++)
        {
            await using var session = Store.OpenSession(Context);
            session.Append<Meter>(meter, new MeterRead(1));
            if (random.Next(3) == 0)
                session.Execute("select pg_sleep($1)", random.NextDouble() / 100); // between number and commit
            if (random.Next(2) == 0)
                session.Append<Meter>(wallet, new MeterRead(1)); // waits for all that have it
            if (random.Next(50) == 0)
                session.Append<Meter>(meter, 1, new MeterRead(1)); // is rolled back, and leaves a gap
            await Record.ExceptionAsync(() => session.SaveChangesAsync(Cancel));
        }
    }
}
