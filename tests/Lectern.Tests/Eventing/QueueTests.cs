using System.Collections.Concurrent;
using Lectern.Eventing;

namespace Lectern.Tests.Eventing;

public sealed class QueueTests : MeterTest
{
    [Fact]
    public async Task A_message_is_handled_and_completed_with_its_events()
    {
        var meter = await InstallAsync();
        await Database.Host.StartAsync(Cancel);
        await EnqueueAsync(meter, 5);
        await EventuallyAsync(async () => await TotalAsync(meter) == 5, "the message was handled");
        (await CountAsync("eventing.messages")).ShouldBe(0);
        (await CountAsync("eventing.events where causation_id is not null")).ShouldBe(1);
    }

    [Fact]
    public async Task What_nobody_was_told_of_is_found_by_polling()
    {
        var meter = await InstallAsync();
        await Database.Host.StartAsync(Cancel);
        for (var i = 1; i <= 3; i++)
        {
            await InsertRawAsync("meters.count_units.v1", $$"""{"meter": "{{meter}}", "units": 1}""");
            await EventuallyAsync(async () => await TotalAsync(meter) == i, "the message was handled");
        }
    }

    [Fact]
    public async Task Other_hosts_are_told_of_what_was_committed_here()
    {
        var other = AnotherHost();
        await Database.Host.StartAsync(Cancel);
        await other.StartAsync(Cancel);
        await EventuallyAsync(
            async () =>
                await CountAsync(
                    "pg_stat_activity where application_name = 'lectern-presence' and query = 'listen lectern' and datname = current_database()"
                ) == 2,
            "both listen"
        );
        var store = (EventStore)other.Services.GetService(typeof(EventStore))!;
        var told = store.Wakeups.NextAppend(); // nothing but a notification completes it
        await InstallAsync();
        await told.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task A_lane_is_first_in_first_out()
    {
        var meter = await InstallAsync();
        var order = new ConcurrentQueue<int>();
        Script.Handle = (message, _, _) =>
        {
            order.Enqueue(message.Units);
            return Task.CompletedTask;
        };
        for (var i = 0; i < 50; i++)
            await EnqueueAsync(meter, i, lane: MeterModel.NarrowLane);
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(() => Task.FromResult(order.Count == 50), "all were handled");
        order.ShouldBe(Enumerable.Range(0, 50));
    }

    [Fact]
    public async Task A_claim_costs_the_same_when_the_queue_that_was_empty_is_long()
    {
        var meter = await InstallAsync();
        await Database.Host.StartAsync(Cancel);
        for (var i = 0; i < 20; i++) // so that plans are made
        {
            await EnqueueAsync(meter, lane: MeterModel.NarrowLane);
            await EventuallyAsync(async () => await CountAsync("eventing.messages") == 0, "it was handled");
        }

        await ExecuteAsync(
            """
            insert into eventing.messages (id, lane, type, data, workspace_id, actor, correlation_id)
            select gen_random_uuid(), $1, 'meters.count_units.v1', jsonb_build_object('meter', $2, 'units', 1), $3, 'system', $2
            from generate_series(1, 500)
            """,
            MeterModel.NarrowLane,
            meter,
            Workspace
        );
        await EventuallyAsync(async () => await TotalAsync(meter) == 520, "all were handled");
        await Database.Host.StopAsync(Cancel);
        await Store.DisposeAsync();
        await RowsReadShouldBeInProportionAsync("eventing.messages");
    }

    [Fact]
    public async Task A_workspace_with_a_long_job_does_not_starve_another()
    {
        const int window = 4;
        var book = await InstallAsync();
        var paragraph = await InstallAsync(Context with { Workspace = Guid.CreateVersion7() });
        int ofTheBook = 0,
            before = 0,
            between = -1;
        Script.Handle = async (message, context, _) =>
        {
            if (message.Meter == paragraph)
            {
                between = ofTheBook - before;
                return;
            }

            if (message.Units + window < 5000)
                context.Session.Enqueue(new CountUnits(book, message.Units + window), lane: MeterModel.NarrowLane);
            if (Interlocked.Increment(ref ofTheBook) == 100)
            {
                before = ofTheBook;
                await EnqueueAsync(paragraph, lane: MeterModel.NarrowLane);
            }
        };
        for (var i = 0; i < window; i++)
            await EnqueueAsync(book, i, lane: MeterModel.NarrowLane);
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(() => Task.FromResult(between >= 0), "the paragraph was handled");
        between.ShouldBeLessThanOrEqualTo(window);
    }

    [Fact]
    public async Task Delayed_messages_wait_for_their_time()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter, 1, delay: TimeSpan.FromHours(1));
        await EnqueueAsync(meter, 2);
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(async () => await TotalAsync(meter) == 2, "the other was handled");
        (await CountAsync("eventing.messages where state = 'delayed'")).ShouldBe(1);
        await MakeDueAsync();
        await EventuallyAsync(async () => await TotalAsync(meter) == 3, "the delayed one was handled");
    }

    [Fact]
    public async Task Waiting_messages_of_a_group_can_be_dropped()
    {
        var meter = await InstallAsync();
        var job = Guid.CreateVersion7();
        await EnqueueAsync(meter, 1, job);
        await EnqueueAsync(meter, 2, job, delay: TimeSpan.FromHours(1));
        await EnqueueAsync(meter, 3, job, lane: MeterModel.NarrowLane);
        await EnqueueAsync(meter, 4, Guid.CreateVersion7());
        (await ClaimAsync(lane: MeterModel.NarrowLane)).ShouldNotBeNull(); // at work: it isn't dropped

        await using var session = Store.OpenSession(Context);
        session.DropWaiting(job);
        await session.SaveChangesAsync(Cancel);

        (
            await ScalarAsync<string>("select string_agg(data->>'units', ',' order by seq) from eventing.messages")
        ).ShouldBe("3,4");
    }

    [Fact]
    public async Task A_worker_whose_lease_was_taken_over_writes_nothing()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter);
        var zombie = await ClaimAsync();
        await ExecuteAsync("update eventing.messages set leased_until = now() - interval '1 second'");
        await SweepAsync();
        var owner = await ClaimAsync();

        await using var late = SessionOf(zombie!);
        late.Append<Meter>(meter, new MeterRead(7));
        late.Enqueue(new CountUnits(meter, 8));
        await Should.ThrowAsync<LeaseLostException>(() => late.SaveChangesAsync(Cancel));
        (await TotalAsync(meter)).ShouldBe(0);

        await using var session = SessionOf(owner!);
        session.Append<Meter>(meter, new MeterRead(9));
        await session.SaveChangesAsync(Cancel);
        (await TotalAsync(meter)).ShouldBe(9);
        (await CountAsync("eventing.messages")).ShouldBe(0);
    }

    [Fact]
    public async Task A_worker_from_before_a_replay_writes_nothing_either()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter);
        var zombie = await ClaimAsync();
        await ExecuteAsync("update eventing.messages set leased_until = now() - interval '1 second'");
        await SweepAsync();
        var second = await ClaimAsync();
        await using (
            var bury = Store.OpenWorkerSession(Context, new MessageLease(second!.Id, second.Generation, "enough"))
        )
            await bury.SaveChangesAsync(Cancel);
        (await Operations.ReplayAsync(second.Id, Cancel)).ShouldBeTrue();
        (await ClaimAsync()).ShouldNotBeNull();

        foreach (var old in new[] { zombie!, second })
        {
            await using var late = SessionOf(old);
            late.Append<Meter>(meter, new MeterRead(7));
            await Should.ThrowAsync<LeaseLostException>(() => late.SaveChangesAsync(Cancel));
        }
    }

    [Fact]
    public async Task The_messages_of_a_dead_host_are_taken_over()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter, 5);
        var claimed = await new MessageQueue(Store).ClaimAsync(MeterModel.Lane, host: 4711, 1, Cancel); // holds no lock
        claimed.Count.ShouldBe(1);
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(async () => await TotalAsync(meter) == 5, "it was taken over", seconds: 10); // the lease: 30 s
    }

    [Fact]
    public async Task A_host_that_only_lost_its_connection_keeps_its_messages()
    {
        var meter = await InstallAsync();
        var attempts = 0;
        var mayEnd = new TaskCompletionSource();
        Script.Handle = async (message, context, _) =>
        {
            Interlocked.Increment(ref attempts);
            await mayEnd.Task.WaitAsync(Cancel);
            context.Session.Append<Meter>(meter, new MeterRead(message.Units));
        };
        await Database.Host.StartAsync(Cancel);
        await AnotherHost().StartAsync(Cancel);
        await EnqueueAsync(meter, 5);
        await EventuallyAsync(() => Task.FromResult(attempts == 1), "it is at work");
        await EventuallyAsync(async () => (await PresentAsync()).Hosts == 2, "both hosts are there");
        for (var i = 0; i < 3; i++)
        {
            var (_, connections) = await PresentAsync();
            await ExecuteAsync("select pg_terminate_backend(pid) from unnest($1) pid", connections);
            await EventuallyAsync(
                async () => await PresentAsync() is (2, var others) && !others.Intersect(connections).Any(),
                "both hosts are back"
            );
        }

        mayEnd.SetResult();
        await EventuallyAsync(async () => await TotalAsync(meter) == 5, "it was handled");
        attempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_message_comes_again_after_a_growing_delay_and_ends_as_a_dead_letter()
    {
        var meter = await InstallAsync();
        var attempts = 0;
        Script.Handle = (_, _, _) => throw new InvalidOperationException($"attempt {++attempts}");
        Script.GiveUp = (_, context, error) =>
        {
            context.Session.Append<Meter>(meter, new MeterRead(error.Message == "attempt 4" ? 1 : 666));
            return Task.CompletedTask;
        };
        await Database.Host.StartAsync(Cancel);
        await EnqueueAsync(meter, 5);
        var last = 0.0;
        for (var failures = 1; failures < MeterModel.MaxAttempts; failures++)
        {
            await EventuallyAsync(
                async () =>
                    await CountAsync("eventing.messages where state = 'delayed' and attempts = $1", failures) == 1,
                $"it failed {failures} times"
            );
            var delay = await ScalarAsync<double>(
                "select extract(epoch from due_at - enqueued_at)::float8 from eventing.messages"
            );
            delay.ShouldBeGreaterThan(last);
            last = delay;
            (await ScalarAsync<string>("select last_error from eventing.messages")).ShouldBe(
                $"InvalidOperationException: attempt {failures}"
            );
            await ExecuteAsync("update eventing.messages set enqueued_at = now(), due_at = now()");
        }

        await EventuallyAsync(async () => await CountAsync("eventing.dead_letters") == 1, "it is a dead letter");
        var dead = (await Operations.DeadLettersAsync(Cancel)).Single();
        dead.Attempts.ShouldBe(MeterModel.MaxAttempts);
        dead.Error.ShouldBe("InvalidOperationException: attempt 4");
        dead.Json.ShouldContain("\"units\": 5");
        (await TotalAsync(meter)).ShouldBe(1);
        (await CountAsync("eventing.dead_letters d, eventing.events e where d.xmin = e.xmin")).ShouldBe(
            1,
            "the dead letter and what giving up did commit together"
        );

        Script.Handle = new Script().Handle;
        (await Operations.ReplayAsync(dead.Id, Cancel)).ShouldBeTrue();
        (await Operations.ReplayAsync(dead.Id, Cancel)).ShouldBeFalse();
        await EventuallyAsync(async () => await TotalAsync(meter) == 6, "the replayed message was handled");
        (await CountAsync("eventing.dead_letters")).ShouldBe(0);
    }

    [Fact]
    public async Task Giving_up_is_immediate_when_the_handler_says_so()
    {
        var meter = await InstallAsync();
        Script.Handle = (_, context, _) =>
        {
            context.Session.Append<Meter>(meter, new MeterRead(5)); // of a failed attempt nothing is written
            throw new GiveUpException("It can't be done.");
        };
        await Database.Host.StartAsync(Cancel);
        await EnqueueAsync(meter);
        await EventuallyAsync(
            async () => await CountAsync("eventing.dead_letters where attempts = 1") == 1,
            "it is a dead letter"
        );
        (await TotalAsync(meter)).ShouldBe(0);
    }

    [Fact]
    public async Task A_message_that_can_not_even_be_given_up_is_buried_in_the_end()
    {
        var meter = await InstallAsync();
        int handled = 0,
            givenUp = 0;
        Script.Handle = (_, _, _) =>
        {
            handled++;
            throw new InvalidOperationException("no");
        };
        Script.GiveUp = (_, _, _) =>
        {
            givenUp++;
            throw new InvalidOperationException("not that either");
        };
        await Database.Host.StartAsync(Cancel);
        await EnqueueAsync(meter);
        await EventuallyAsync(
            async () =>
            {
                await MakeDueAsync();
                return await CountAsync("eventing.dead_letters") == 1;
            },
            "it is a dead letter",
            seconds: 60
        );
        handled.ShouldBe(MeterModel.MaxAttempts);
        givenUp.ShouldBe(4); // with the last attempt, and three times more
    }

    [Fact]
    public async Task A_message_that_takes_its_host_down_is_not_tried_for_ever()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter);
        await ExecuteAsync(
            "update eventing.messages set attempts = $1, last_error = 'The worker went away.'",
            MeterModel.MaxAttempts
        );
        Script.Handle = (_, _, _) => throw new InvalidOperationException("must not be asked");
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(async () => await CountAsync("eventing.dead_letters") == 1, "it is a dead letter");
        (await Operations.DeadLettersAsync(Cancel)).Single().Error.ShouldContain("The worker went away.");
    }

    [Fact]
    public async Task A_message_that_can_not_be_read_is_kept_and_holds_up_nobody()
    {
        var meter = await InstallAsync();
        await InsertRawAsync("meters.nonsense.v1", "{}");
        await InsertRawAsync("meters.count_units.v1", "[1, 2]");
        for (var i = 0; i < 5; i++)
            await EnqueueAsync(meter);
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(async () => await TotalAsync(meter) == 5, "the others were handled");
        await EventuallyAsync(async () => await CountAsync("eventing.dead_letters") == 2, "they are dead letters");
        var dead = await Operations.DeadLettersAsync(Cancel);
        dead.Single(d => d.Type == "meters.nonsense.v1").Error.ShouldContain("unknown");
        dead.Single(d => d.Json == "[1, 2]").Error.ShouldContain("JsonException");
    }

    [Fact]
    public async Task A_provider_says_when_to_come_again()
    {
        var meter = await InstallAsync();
        Script.Handle = (_, _, _) => throw new RetryLaterException("busy", TimeSpan.FromMinutes(7));
        await Database.Host.StartAsync(Cancel);
        await EnqueueAsync(meter);
        await EventuallyAsync(
            async () => await CountAsync("eventing.messages where state = 'delayed'") == 1,
            "it was put off"
        );
        (
            await CountAsync(
                "eventing.messages where attempts = 1 and due_at between now() + interval '6.5 min' and now() + interval '9 min'"
            )
        ).ShouldBe(1);
    }

    [Fact]
    public async Task Postponing_is_no_failure_and_saves_nothing()
    {
        var meter = await InstallAsync();
        Script.Handle = (_, context, _) =>
        {
            context.Session.Append<Meter>(meter, new MeterRead(1));
            context.Postpone(TimeSpan.FromHours(1));
            return Task.CompletedTask;
        };
        await Database.Host.StartAsync(Cancel);
        await EnqueueAsync(meter);
        await EventuallyAsync(
            async () => await CountAsync("eventing.messages where state = 'delayed' and attempts = 0") == 1,
            "it was postponed"
        );
        (await TotalAsync(meter)).ShouldBe(0);
    }

    [Fact]
    public async Task A_lost_race_is_decided_again_and_is_no_failure()
    {
        var meter = await InstallAsync();
        var attempts = 0;
        Script.Handle = async (message, context, stop) =>
        {
            var stream = await context.Session.FetchForWriting<Meter>(meter, stop);
            if (++attempts == 1)
                await ReadAsync(meter, 10); // somebody is faster
            stream!.Append(new MeterRead(message.Units));
        };
        await EnqueueAsync(meter, 5);
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(async () => await TotalAsync(meter) == 15, "it was handled");
        attempts.ShouldBe(2);
    }

    [Fact]
    public async Task Two_hosts_together_keep_to_a_lanes_limit()
    {
        var meter = await InstallAsync();
        int running = 0,
            most = 0,
            handled = 0;
        Script.Handle = async (_, context, stop) =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await context.Session.QueryAsync("select pg_sleep(0.02)", _ => 0, stop);
            Interlocked.Decrement(ref running);
            Interlocked.Increment(ref handled);
        };
        for (var i = 0; i < 60; i++)
            await EnqueueAsync(meter, lane: MeterModel.LimitedLane);
        await Database.Host.StartAsync(Cancel);
        await AnotherHost().StartAsync(Cancel);
        await EventuallyAsync(() => Task.FromResult(handled == 60), "all were handled", 60);
        most.ShouldBe(3);
    }

    [Fact]
    public async Task A_busy_lane_shrinks_once_and_recovers()
    {
        var meter = await InstallAsync();
        await ExecuteAsync("update eventing.lanes set max_concurrency = 8, concurrency = 8, recover_seconds = 3600");
        var together = new Barrier(4);
        Script.Handle = (_, _, _) =>
        {
            together.SignalAndWait(TimeSpan.FromSeconds(10), Cancel);
            throw new RetryLaterException("429", TimeSpan.FromHours(1), laneIsBusy: true);
        };
        for (var i = 0; i < 4; i++)
            await EnqueueAsync(meter, lane: MeterModel.LimitedLane);
        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(
            async () => await CountAsync("eventing.messages where state = 'delayed' and attempts = 0") == 4,
            "all were refused"
        );
        (await ScalarAsync<int>("select concurrency from eventing.lanes")).ShouldBe(4); // four 429 of one moment halve it once

        await ExecuteAsync("update eventing.lanes set recover_seconds = 0");
        await EventuallyAsync(
            async () => await ScalarAsync<int>("select concurrency from eventing.lanes") == 8,
            "it recovered"
        );
    }

    [Fact]
    public async Task Stopping_lets_what_runs_end_and_claims_no_more()
    {
        var meter = await InstallAsync();
        var started = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        Script.Handle = async (message, context, stop) =>
        {
            started.TrySetResult();
            await mayEnd.Task.WaitAsync(stop);
            context.Session.Append<Meter>(meter, new MeterRead(message.Units));
        };
        await EnqueueAsync(meter, 1, lane: MeterModel.NarrowLane);
        await EnqueueAsync(meter, 2, lane: MeterModel.NarrowLane);
        await Database.Host.StartAsync(Cancel);
        await started.Task.WaitAsync(Cancel);
        var stopping = Database.Host.StopAsync(Cancel);
        mayEnd.SetResult();
        await stopping;
        (await TotalAsync(meter)).ShouldBe(1);
        (await CountAsync("eventing.messages where state = 'ready' and attempts = 0")).ShouldBe(1);
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_given_back_untouched()
    {
        var meter = await InstallAsync();
        var started = new TaskCompletionSource();
        Script.Handle = async (_, _, stop) =>
        {
            started.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
            catch (OperationCanceledException e)
            {
                throw new IOException("The tool was killed.", e); // as programs that are cut off report it
            }
        };
        await EnqueueAsync(meter);
        await Database.Host.StartAsync(Cancel);
        await started.Task.WaitAsync(Cancel);
        using var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Record.ExceptionAsync(() => Database.Host.StopAsync(impatience.Token));
        (await CountAsync("eventing.messages where state = 'ready' and attempts = 0")).ShouldBe(1);
    }

    [Fact]
    public async Task A_burst_is_handled_by_two_hosts_each_message_once()
    {
        var meters = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => InstallAsync()));
        await Database.Host.StartAsync(Cancel);
        await AnotherHost().StartAsync(Cancel);
        await Parallel.ForAsync(0, 400, Cancel, async (i, _) => await EnqueueAsync(meters[i % 4]));
        await EventuallyAsync(async () => await CountAsync("eventing.messages") == 0, "all were handled", 60);
        foreach (var meter in meters)
            (await TotalAsync(meter)).ShouldBe(100);
    }

    [Fact]
    public async Task A_claim_reads_what_it_takes_however_long_the_queue_is()
    {
        await ExecuteAsync(
            "insert into eventing.messages (id, lane, type, data, workspace_id, actor, correlation_id) select gen_random_uuid(), $1, 't', '{}', $2, 'system', $2 from generate_series(1, 20000)",
            MeterModel.Lane,
            Workspace
        );
        await ExecuteAsync("analyze eventing.messages");
        await using var connection = await Store.Owner.OpenConnectionAsync(Cancel);
        await connection.ExecuteAsync("set plan_cache_mode = force_generic_plan", Cancel);
        await connection.ExecuteAsync($"prepare claim (text, int, int, interval) as {MessageQueue.Claim}", Cancel);
        var plan = await connection.QueryAsync(
            $"explain execute claim ('{MeterModel.Lane}', 16, 1, '30 s')",
            row => row.GetString(0),
            Cancel
        );
        plan.ShouldContain(line => line.Contains("Index Scan using messages_ready"));
        plan.ShouldNotContain(line => line.Contains("Seq Scan on messages") || line.Contains("Sort"));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; seen < value; )
            seen = Interlocked.CompareExchange(ref target, value, seen) is var was && was == seen ? value : was;
    }

    private async Task<ClaimedMessage?> ClaimAsync(string lane = MeterModel.Lane) =>
        (await new MessageQueue(Store).ClaimAsync(lane, host: 1, 1, Cancel)).SingleOrDefault();

    private async Task SweepAsync()
    {
        await using var connection = await Store.Worker.OpenConnectionAsync(Cancel);
        await MessageQueue.SweepAsync(connection, [], Cancel);
    }

    private Session SessionOf(ClaimedMessage message) =>
        Store.OpenWorkerSession(Context, new MessageLease(message.Id, message.Generation));

    private Task<int> MakeDueAsync() =>
        ExecuteAsync("update eventing.messages set due_at = now() where state = 'delayed'");

    /// <summary>How many hosts are known to be alive, and the connections by which they are.</summary>
    private async Task<(long Hosts, int[] Connections)> PresentAsync()
    {
        const string present =
            "pg_locks where locktype = 'advisory' and objsubid = 2 and database = (select oid from pg_database where datname = current_database())";
        return (
            await ScalarAsync<long>($"select count(distinct objid) from {present}"),
            await ScalarAsync<int[]>($"select coalesce(array_agg(pid), '{{}}') from {present}") ?? []
        );
    }

    private Task<int> InsertRawAsync(string type, string json) =>
        ExecuteAsync(
            "insert into eventing.messages (id, lane, type, data, workspace_id, actor, correlation_id) values (gen_random_uuid(), $1, $2, $3::jsonb, $4, 'system', gen_random_uuid())",
            MeterModel.Lane,
            type,
            json,
            Workspace
        );

    private Task<int> TotalAsync(Guid meter) =>
        ScalarAsync<int>("select total from meters.meter_view where id = $1", meter);
}

public sealed class ShortLeaseTests : MeterTest
{
    protected override void Model(EventingBuilder model)
    {
        MeterModel.Register(model);
        model.Lease = TimeSpan.FromSeconds(1.5);
    }

    [Fact]
    public async Task A_handler_that_runs_longer_than_the_lease_keeps_it()
    {
        var meter = await InstallAsync();
        var attempts = 0;
        Script.Handle = async (message, context, stop) =>
        {
            attempts++;
            var first = await LeasedUntilAsync();
            await EventuallyAsync(async () => await LeasedUntilAsync() > first.AddSeconds(3), "it was renewed");
            stop.IsCancellationRequested.ShouldBeFalse();
            context.Session.Append<Meter>(meter, new MeterRead(message.Units));
        };
        await Database.Host.StartAsync(Cancel);
        await AnotherHost().StartAsync(Cancel);
        await EnqueueAsync(meter, 5);
        await EventuallyAsync(async () => await CountAsync("eventing.messages") == 0, "it was handled");
        attempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_handler_is_told_that_its_lease_is_lost_even_if_its_own_host_took_it_over()
    {
        var meter = await InstallAsync();
        var attempts = 0;
        var told = new TaskCompletionSource();
        Script.Handle = async (message, context, stop) =>
        {
            if (Interlocked.Increment(ref attempts) == 1)
            {
                await using var registration = stop.Register(told.SetResult);
                await told.Task.WaitAsync(Cancel);
                await LeasedAgainAsync(); // the second attempt runs beside this one
                return;
            }

            var first = await LeasedUntilAsync();
            await EventuallyAsync(async () => await LeasedUntilAsync() > first.AddSeconds(2), "the second was renewed");
            context.Session.Append<Meter>(meter, new MeterRead(message.Units));
        };
        await Database.Host.StartAsync(Cancel);
        await EnqueueAsync(meter, 5);
        await LeasedAgainAsync();
        await ExecuteAsync("update eventing.messages set state = 'ready', attempts = 1 where state = 'leased'");
        await EventuallyAsync(async () => await CountAsync("eventing.messages") == 0, "it was handled");
        attempts.ShouldBe(2);
        (await ScalarAsync<int>("select total from meters.meter_view")).ShouldBe(5);
    }

    private Task LeasedAgainAsync() =>
        EventuallyAsync(async () => await CountAsync("eventing.messages where state = 'leased'") == 1, "it is leased");

    private Task<DateTime> LeasedUntilAsync() => ScalarAsync<DateTime>("select leased_until from eventing.messages");
}
