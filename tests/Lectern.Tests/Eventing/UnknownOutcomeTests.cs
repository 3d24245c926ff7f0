using System.Collections.Concurrent;
using Lectern.Eventing;
using Lectern.Tests.Postgres;

namespace Lectern.Tests.Eventing;

/// <summary>The answer to a commit gets lost, and it had succeeded: nothing may be there twice, and nobody may be lied to.</summary>
public sealed class UnknownOutcomeTests : MeterTest
{
    private CuttingProxy _proxy = null!;
    private EventStore _store = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _proxy = new CuttingProxy(Database.ConnectionString);
        _store = StoreOn(_proxy.ConnectionString);
        // A warm connection each, so that the next answer is the one to the commit.
        await using var api = _store.OpenSession(Context);
        await api.QueryAsync("select 1", _ => 1, Cancel);
        await using var worker = _store.OpenWorkerSession(Context);
        await worker.QueryAsync("select 1", _ => 1, Cancel);
    }

    public override async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _proxy.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task An_append_at_an_expected_version_is_there_once()
    {
        var meter = await InstallAsync();
        await using var session = _store.OpenSession(Context);
        var stream = await session.FetchForWriting<Meter>(meter, Cancel);
        stream!.Append(new MeterRead(3));

        _proxy.CutNextAnswer();
        await session.SaveChangesAsync(Cancel);

        _proxy.Cuts.ShouldBe(1);
        (await TotalAsync(meter)).ShouldBe(3);
    }

    [Fact]
    public async Task An_append_without_an_expected_version_is_there_once()
    {
        var meter = await InstallAsync();
        await using var session = _store.OpenSession(Context);
        session.Append<Meter>(meter, new MeterRead(3), new MeterRead(4));

        _proxy.CutNextAnswer();
        await session.SaveChangesAsync(Cancel);

        _proxy.Cuts.ShouldBe(1);
        (await TotalAsync(meter)).ShouldBe(7);
    }

    [Fact]
    public async Task An_append_under_a_lock_is_there_once()
    {
        var meter = await InstallAsync();
        await using var session = _store.OpenSession(Context);
        var stream = await session.FetchForExclusiveWriting<Meter>(meter, Cancel);
        stream!.Append(new MeterRead(3));

        _proxy.CutNextAnswer(); // the answer to the statements: the COMMIT is never sent, so this one had not succeeded
        await session.SaveChangesAsync(Cancel);

        (await TotalAsync(meter)).ShouldBe(3);
    }

    [Fact]
    public async Task An_append_whose_answer_is_lost_late_is_looked_up_as_well()
    {
        var meter = await InstallAsync();
        await using var session = _store.OpenSession(Context);
        session.Append<Meter>(meter, new MeterRead(3));

        _proxy.CutNextAnswer(() => Task.Delay(TimeSpan.FromSeconds(2.5), Cancel)); // longer than all tries may take
        await session.SaveChangesAsync(Cancel);

        _proxy.Cuts.ShouldBe(1);
        (await TotalAsync(meter)).ShouldBe(3);
    }

    [Fact]
    public async Task An_append_that_is_still_at_work_is_not_said_to_have_lost()
    {
        var meter = await InstallAsync();
        await ExecuteAsync(
            """
            create function meters.dawdle() returns trigger language plpgsql as
              $$ begin perform pg_sleep(4); return new; end $$;
            create trigger dawdle before update on meters.meter_view for each row execute function meters.dawdle()
            """
        );
        await using var session = _store.OpenSession(Context);
        session.Append<Meter>(meter, new MeterRead(3));

        _proxy.CutAfterNextRequest();
        var failure = await Should.ThrowAsync<Exception>(() => session.SaveChangesAsync(Cancel));

        DatabaseFailure.IsOutcomeUnknown(failure).ShouldBeTrue(failure.ToString());
        await EventuallyAsync(async () => await TotalAsync(meter) == 3, "the first try is committed", 60);
    }

    [Fact]
    public async Task A_message_that_was_handled_before_the_retry_does_not_come_back()
    {
        var meter = await InstallAsync();
        await using var session = _store.OpenSession(Context);
        session.Enqueue(new CountUnits(meter, 1));

        _proxy.CutNextAnswer(async () => (await ExecuteAsync("delete from eventing.messages")).ShouldBe(1));
        await session.SaveChangesAsync(Cancel);

        _proxy.Cuts.ShouldBe(1);
        (await CountAsync("eventing.messages")).ShouldBe(0);
    }

    [Fact]
    public async Task A_statement_without_an_id_of_its_own_is_executed_once()
    {
        var meter = await InstallAsync();
        await using var session = _store.OpenSession(Context);
        session.Execute("update meters.meter_view set total = total + 1 where id = $1", meter);

        _proxy.CutNextAnswer();
        await session.SaveChangesAsync(Cancel);

        (await TotalAsync(meter)).ShouldBe(1);
    }

    [Fact]
    public async Task A_twin_that_took_the_idempotency_key_meanwhile_is_not_mistaken_for_us()
    {
        var answer = new IdempotentAnswer("POST /meters", "key", [1], 202, null, [2]);
        await using var session = _store.OpenSession(Context);
        session.Remember(answer);

        _proxy.CutNextAnswer(async () =>
        {
            // As if the first try had been lost before it was committed, and the twin was faster than the second.
            await ExecuteAsync("delete from eventing.commits; delete from eventing.idempotency_keys");
            await using var twin = Store.OpenSession(Context);
            twin.Remember(answer);
            await twin.SaveChangesAsync(Cancel);
        });
        await Should.ThrowAsync<DuplicateRequestException>(() => session.SaveChangesAsync(Cancel));
    }

    [Fact]
    public async Task A_constraint_that_refuses_the_second_try_is_reported()
    {
        var meter = await InstallAsync();
        await ReadAsync(meter, 5);
        await using var session = _store.OpenSession(Context);
        session.Execute("update meters.meter_view set total = total - 5 where id = $1", meter);

        _proxy.CutNextAnswer(() => ExecuteAsync("delete from eventing.commits"));
        await Should.ThrowAsync<ConstraintViolatedException>(() => session.SaveChangesAsync(Cancel));
    }

    [Fact]
    public async Task Completing_a_message_without_an_event_succeeds_once()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter);
        var claimed = (await new MessageQueue(Store).ClaimAsync(MeterModel.Lane, 1, 1, Cancel)).Single();
        await using var session = _store.OpenWorkerSession(Context, new MessageLease(claimed.Id, claimed.Generation));

        _proxy.CutNextAnswer();
        await session.SaveChangesAsync(Cancel);

        _proxy.Cuts.ShouldBe(1);
        (await CountAsync("eventing.messages")).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_there_twice_when_connections_are_cut()
    {
        var answers = 0;
        using var proxy = new CuttingProxy(
            Database.ConnectionString,
            () => Interlocked.Increment(ref answers) % 23 == 0
        );
        await using var store = StoreOn(proxy.ConnectionString);
        await WriteAndCountAsync(store, perWriter: 60);
        TestContext.Current.TestOutputHelper!.WriteLine($"{proxy.Cuts} connections were cut.");
        proxy.Cuts.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_there_twice_when_the_server_crashes()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await cluster.CreateDatabaseAsync("crash");
        using var host = TestDatabase.BuildHost(cluster.ConnectionString("crash"), Model);
        var store = (EventStore)host.Services.GetService(typeof(EventStore))!;
        await ((Migrations)host.Services.GetService(typeof(Migrations))!).ApplyAsync(Cancel);
        await WriteAndCountAsync(
            store,
            perWriter: 400,
            async done =>
            {
                for (var crash = 1; crash <= 3; crash++)
                {
                    await EventuallyAsync(() => Task.FromResult(done() > crash * 600), "writers write", 60);
                    cluster.Stop("immediate");
                    cluster.Start();
                }
            }
        );
    }

    /// <summary>
    /// Eight writers write to eight meters, in turn with an expected version, without one, and a message alone. Each
    /// counts what was acknowledged and what was not; afterwards the database must agree.
    /// </summary>
    private static async Task WriteAndCountAsync(EventStore store, int perWriter, Func<Func<int>, Task>? disturb = null)
    {
        var acknowledged = new ConcurrentBag<(Guid Meter, int Units)>();
        var failed = new ConcurrentBag<(Guid Meter, int Units)>();
        var meters = Enumerable.Range(0, 8).Select(_ => Guid.CreateVersion7()).ToArray();
        foreach (var meter in meters)
            await UntilItWorksAsync(async () =>
            {
                await using var start = store.OpenSession(Context);
                start.StartStream<Meter>(meter, new MeterInstalled("cellar"));
                await start.SaveChangesAsync(Cancel);
            });

        var writers = meters.Select(
            (_, writer) =>
                Task.Run(async () =>
                {
                    for (var i = 0; i < perWriter; i++)
                    {
                        var meter = meters[(writer + i) % meters.Length];
                        var units = 1 + (writer * perWriter) + i; // tells each write from every other
                        try
                        {
                            await using var session = store.OpenSession(Context);
                            if (i % 3 == 0)
                                (await session.FetchForWriting<Meter>(meter, Cancel))!.Append(new MeterRead(units));
                            else if (i % 3 == 1)
                                session.Append<Meter>(meter, new MeterRead(units));
                            else
                                session.Enqueue(new CountUnits(meter, units));
                            await session.SaveChangesAsync(Cancel);
                            acknowledged.Add((meter, units));
                        }
                        catch (Exception e) when (e is ConcurrencyException || DatabaseFailure.IsOutcomeUnknown(e))
                        {
                            failed.Add((meter, units));
                        }
                    }
                })
        );
        await Task.WhenAll([.. writers, disturb?.Invoke(() => acknowledged.Count) ?? Task.CompletedTask]);

        var written = new List<(Guid, int)>();
        await UntilItWorksAsync(async () =>
        {
            await using var session = store.OpenSession(Context);
            written = await session.QueryAsync(
                """
                select stream_id, (data->>'units')::int from eventing.events where type = 'meters.meter_read.v1'
                union all select (data->>'meter')::uuid, (data->>'units')::int from eventing.messages
                """,
                row => (row.GetGuid(0), row.GetInt32(1)),
                Cancel
            );
            var views = await session.QueryAsync(
                """
                select count(*) from meters.meter_view v
                where total <> (select coalesce(sum((data->>'units')::int), 0) from eventing.events where stream_id = v.id)
                """,
                row => row.GetInt64(0),
                Cancel
            );
            views.Single().ShouldBe(0);
        });
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{acknowledged.Count} acknowledged, {failed.Count} failed, {written.Count} written."
        );
        written.Distinct().Count().ShouldBe(written.Count, "something is there twice");
        acknowledged.Except(written).ShouldBeEmpty("something acknowledged was lost");
        written.Except(acknowledged).Except(failed).ShouldBeEmpty();
    }

    private static async Task UntilItWorksAsync(Func<Task> run)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await run();
                return;
            }
            catch (Exception e) when (DatabaseFailure.IsOutcomeUnknown(e) && attempt < 50) { }
        }
    }

    private EventStore StoreOn(string connectionString)
    {
        var model = new EventingBuilder(new Microsoft.Extensions.DependencyInjection.ServiceCollection());
        Model(model);
        return new EventStore(model, connectionString, TimeProvider.System);
    }

    private Task<int> TotalAsync(Guid meter) =>
        ScalarAsync<int>("select total from meters.meter_view where id = $1", meter);
}
