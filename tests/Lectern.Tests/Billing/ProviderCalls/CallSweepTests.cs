using Lectern.Billing.Contracts;
using Lectern.Billing.ProviderCalls;

namespace Lectern.Tests.Billing.ProviderCalls;

/// <summary>Each test has a database of its own, for a sweep is for all calls.</summary>
public sealed class CallSweepTests : IAsyncLifetime
{
    private const string Unknown = """{"outcome":"unknown","code":null,"units":12}""";

    private readonly BillingDatabase _database = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_call_that_nobody_can_still_be_at_is_unknown_and_others_are_left_alone()
    {
        var ended = CallsDatabase.NewCall();
        await _database.Calls().AskAsync(ended, _ => Task.FromResult(1), Cancel);
        await _database.Calls().SucceededAsync(ended);
        await _database.TamperAsync("update billing.provider_calls set started_at = now() - interval '1 day'");
        var (old, young) = (
            await _database.OpenCallAsync("22 minutes"), // twice the limit of ten, and a minute
            await _database.OpenCallAsync("20 minutes")
        );

        (await _database.Sweep().SweepAsync(Cancel)).ShouldBe(1);

        (await _database.OutcomeAsync(old)).ShouldBe(Unknown);
        (await _database.OutcomeAsync(young)).ShouldBeNull();
        (await _database.OutcomeAsync(ended)).ShouldBe("""{"outcome":"succeeded","code":null,"units":12}""");
    }

    [Fact]
    public async Task It_goes_on_from_where_it_was_and_begins_with_what_is_oldest()
    {
        var calls = new List<ProviderCall>();
        foreach (var age in (string[])["90 days", "3 days", "25 hours", "1 hour"])
            calls.Add(await _database.OpenCallAsync(age));

        (await _database.Sweep().SweepAsync(Cancel)).ShouldBe(calls.Count);
        (await _database.Sweep().SweepAsync(Cancel)).ShouldBe(0);
        var swept = await _database.RowsAsync(
            "select now() - until < interval '22 minutes' as now from billing.provider_calls_swept"
        );
        swept.ShouldBe(["""{"now":true}"""]);

        foreach (var call in calls)
            (await _database.OutcomeAsync(call)).ShouldBe(Unknown);
    }

    [Fact]
    public async Task A_call_becomes_unknown_once_when_many_hosts_sweep_at_the_same_time()
    {
        for (var i = 0; i < 20; i++)
            await _database.OpenCallAsync("1 hour");

        var swept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _database.Sweep().SweepAsync(Cancel)));

        swept.Sum().ShouldBe(20);
    }

    [Fact]
    public async Task Who_comes_after_the_sweep_can_not_say_otherwise()
    {
        var call = await _database.OpenCallAsync("1 hour");
        await _database.Sweep().SweepAsync(Cancel);

        await _database.Calls().SucceededAsync(call);

        (await _database.OutcomeAsync(call)).ShouldBe(Unknown);
    }

    [Fact]
    public async Task Without_a_call_there_is_nothing_to_sweep() =>
        (await _database.Sweep().SweepAsync(Cancel)).ShouldBe(0);

    [Theory]
    [InlineData("delete from billing.provider_call_ends", "0 outcomes")]
    [InlineData(
        """
            alter table billing.provider_call_ends drop constraint call_ended_once;
            insert into billing.provider_call_ends select * from billing.provider_call_ends
            """,
        "2 outcomes"
    )]
    [InlineData(
        """
            alter table billing.provider_call_ends drop constraint call_ends_a_call;
            delete from billing.provider_calls
            """,
        "1 outcomes and is not on record"
    )]
    public async Task The_audit_finds_a_call_without_one_outcome_and_an_outcome_without_its_call(
        string plant,
        string found
    )
    {
        var call = await _database.OpenCallAsync("32 minutes");
        await _database.Sweep().SweepAsync(Cancel);
        var check = new CallsEndOnce(_database.Store, CallsDatabase.Settings());
        (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty();

        await _database.TamperAsync(plant);

        (await check.FindBreachesAsync(Cancel)).ShouldBe([$"provider call {call.Id} has {found}"]);
    }

    [Fact]
    public async Task The_audit_looks_at_every_page_and_leaves_the_sweep_its_time()
    {
        await _database.OpenCallAsync("30 minutes"); // the sweep has been due for nine minutes only
        await _database.TamperAsync(
            """
            insert into billing.provider_calls (id, started_at, provider, ability, model, unit, units)
            select gen_random_uuid(), now() - interval '1 hour', 'flite', 'speech', 'flite-slt', 'character', 1
            from generate_series(1, 10007)
            """
        );

        (await new CallsEndOnce(_database.Store, CallsDatabase.Settings()).FindBreachesAsync(Cancel))
            .Distinct()
            .Count()
            .ShouldBe(10_007);
    }
}
