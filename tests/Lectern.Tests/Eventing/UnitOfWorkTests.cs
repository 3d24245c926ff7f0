using Lectern.Eventing;

namespace Lectern.Tests.Eventing;

public sealed class UnitOfWorkTests : MeterTest
{
    private static readonly IdempotentAnswer Answer = new("POST /meters", "key", [1, 2], 202, "/meters/1", [3, 4]);

    [Fact]
    public async Task A_constraint_of_an_inline_view_takes_everything_back()
    {
        var meter = await InstallAsync();
        var other = await InstallAsync();

        await using var session = Store.OpenSession(Context);
        session.Remember(Answer);
        session.Append<Meter>(other, new MeterRead(1));
        session.Enqueue(new CountUnits(meter, 1));
        session.Append<Meter>(meter, new MeterRead(-1));
        var refused = await Should.ThrowAsync<ConstraintViolatedException>(() => session.SaveChangesAsync(Cancel));

        refused.Constraint.ShouldBe("meter_total_not_negative");
        (await CountAsync("eventing.events where type = 'meters.meter_read.v1'")).ShouldBe(0);
        (await CountAsync("eventing.messages")).ShouldBe(0);
        (await CountAsync("eventing.idempotency_keys")).ShouldBe(0);
        (await CountAsync("meters.meter_view where readings > 0")).ShouldBe(0);
        (await CountAsync("eventing.streams where version > 1")).ShouldBe(0);
    }

    [Fact]
    public async Task Events_views_messages_and_the_answer_commit_together()
    {
        var meter = Guid.CreateVersion7();
        await using var session = Store.OpenSession(Context);
        session.Remember(Answer);
        session.StartStream<Meter>(meter, new MeterInstalled("cellar"), new MeterRead(2));
        session.Enqueue(new CountUnits(meter, 1));
        await session.SaveChangesAsync(Cancel);

        var transactions = await ScalarAsync<long>(
            """
            select count(distinct x) from (
                select xmin::text x from eventing.events union all select xmin::text from eventing.streams
                union all select xmin::text from eventing.messages union all select xmin::text from eventing.idempotency_keys
                union all select xmin::text from meters.meter_view) t
            """
        );
        transactions.ShouldBe(1);
    }

    [Fact]
    public async Task Eight_twins_have_one_effect_and_one_answer()
    {
        var meter = await InstallAsync();
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async _ =>
                {
                    await using var session = Store.OpenSession(Context);
                    session.Remember(Answer);
                    session.Append<Meter>(meter, new MeterRead(1));
                    try
                    {
                        await session.SaveChangesAsync(Cancel);
                        return true;
                    }
                    catch (DuplicateRequestException)
                    {
                        return false;
                    }
                })
        );

        outcomes.Count(succeeded => succeeded).ShouldBe(1);
        (await CountAsync("eventing.events where stream_id = $1", meter)).ShouldBe(2);
        await using var read = Store.OpenSession(Context);
        var answer = await read.FindAnswerAsync(Answer.Route, Answer.Key, Cancel);
        answer.ShouldNotBeNull();
        answer.Body.ShouldBe(Answer.Body);
        answer.Fingerprint.ShouldBe(Answer.Fingerprint);
        answer.Location.ShouldBe(Answer.Location);
    }

    [Fact]
    public async Task A_twin_waits_for_the_one_in_flight_but_not_for_ever()
    {
        var meter = await InstallAsync();
        await using var blocker = new Npgsql.NpgsqlConnection(Database.ConnectionString);
        await blocker.OpenAsync(Cancel);
        await using var transaction = await blocker.BeginTransactionAsync(Cancel);
        await using var insert = new Npgsql.NpgsqlCommand(
            "insert into eventing.idempotency_keys values ($1, $2, $3, '', 202, null, '')",
            blocker
        )
        {
            Parameters =
            {
                new() { Value = Workspace },
                new() { Value = Answer.Route },
                new() { Value = Answer.Key },
            },
        };
        await insert.ExecuteNonQueryAsync(Cancel);

        await using var impatient = Store.OpenSession(Context);
        impatient.Remember(Answer);
        impatient.Append<Meter>(meter, new MeterRead(1));
        await Should.ThrowAsync<RequestInFlightException>(() => impatient.SaveChangesAsync(Cancel));

        await using var patient = Store.OpenSession(Context);
        patient.Remember(Answer);
        patient.Append<Meter>(meter, new MeterRead(1));
        var saving = patient.SaveChangesAsync(Cancel);
        await EventuallyAsync(
            async () =>
                await CountAsync("pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
                == 1,
            "the twin waits"
        );
        await transaction.RollbackAsync(Cancel); // the first one failed, so the twin's work is done after all
        await saving;
        (await CountAsync("eventing.events where stream_id = $1", meter)).ShouldBe(2);
    }

    [Fact]
    public async Task The_same_key_serves_another_workspace_and_another_route()
    {
        foreach (
            var (context, route) in new[]
            {
                (Context, "POST /a"),
                (Context, "POST /b"),
                (Context with { Workspace = Guid.CreateVersion7() }, "POST /a"),
            }
        )
        {
            await using var session = Store.OpenSession(context);
            session.Remember(Answer with { Route = route });
            await session.SaveChangesAsync(Cancel);
        }

        (await CountAsync("eventing.idempotency_keys")).ShouldBe(3);
    }

    [Fact]
    public async Task An_append_of_nothing_and_a_lane_that_does_not_exist_are_mistakes()
    {
        var meter = await InstallAsync();
        await using var session = Store.OpenSession(Context);
        Should.Throw<ArgumentException>(() => session.Append<Meter>(meter));
        Should.Throw<ArgumentException>(() => session.StartStream<Meter>(meter));
        Should.Throw<ArgumentException>(() => session.Enqueue(new CountUnits(meter, 1), lane: "nowhere"));
        (await CountAsync("eventing.commits")).ShouldBe(0);
    }
}
