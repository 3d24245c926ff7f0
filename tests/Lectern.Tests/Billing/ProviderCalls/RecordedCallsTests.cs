using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Npgsql;

namespace Lectern.Tests.Billing.ProviderCalls;

public sealed class RecordedCallsTests(BillingDatabase database) : IClassFixture<BillingDatabase>
{
    private const string Succeeded = """{"outcome":"succeeded","code":null,"units":12}""";
    private const string Unknown = """{"outcome":"unknown","code":null,"units":12}""";

    private readonly ProviderCall _call = CallsDatabase.NewCall();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_row_is_committed_before_the_provider_is_asked()
    {
        var seen = await database
            .Calls()
            .AskAsync(
                _call,
                async _ =>
                    (
                        // over a connection of its own
                        await database.RowsAsync(
                            $"""
                            select provider, ability, model, workspace_id, job_id, chunk, unit, units,
                                   now() - started_at < interval '1 minute' as by_the_databases_clock
                            from billing.provider_calls where id = '{_call.Id}'
                            """
                        ),
                        await database.OutcomeAsync(_call)
                    ),
                Cancel
            );

        seen.Item1.ShouldBe([
            $$"""{"provider":"flite","ability":"speech","model":"flite-slt","workspace_id":"{{_call.Workspace}}","job_id":"{{_call.Job}}","chunk":7,"unit":"character","units":12,"by_the_databases_clock":true}""",
        ]);
        seen.Item2.ShouldBeNull();
    }

    [Fact]
    public async Task A_provider_is_not_asked_when_the_row_can_not_be_written()
    {
        await database.Calls().AskAsync(_call, _ => Task.FromResult(1), Cancel);
        var asked = false;

        var refused = await BillingDatabase.RefusalOfAsync(() =>
            database.Calls().AskAsync(_call, _ => Task.FromResult(asked = true), Cancel)
        );

        refused.ShouldBe("call_started_once");
        asked.ShouldBeFalse();
    }

    [Theory]
    [InlineData(ProviderFailure.QuotaExhausted, "failed", "quota_exhausted", 0)]
    [InlineData(ProviderFailure.KeyRefused, "failed", "key_refused", 0)]
    [InlineData(ProviderFailure.RateLimited, "failed", "rate_limited", 0)]
    [InlineData(ProviderFailure.Busy, "failed", "busy", 0)]
    [InlineData(ProviderFailure.ContentRefused, "failed", "content_refused", 0)]
    [InlineData(ProviderFailure.BadInput, "failed", "bad_input", 0)]
    [InlineData(ProviderFailure.Outage, "failed", "outage", 0)]
    [InlineData(ProviderFailure.BadAnswer, "failed", "bad_answer", 12)] // it has worked, and will bill for it
    [InlineData(ProviderFailure.UnknownOutcome, "unknown", null, 12)]
    public async Task A_failure_is_recorded_with_what_it_costs_and_goes_on(
        ProviderFailure failure,
        string outcome,
        string? code,
        int units
    )
    {
        var thrown = new ProviderException("flite", failure, "It will not.");

        (
            await Should.ThrowAsync<ProviderException>(() =>
                database.Calls().AskAsync<int>(_call, _ => throw thrown, Cancel)
            )
        ).ShouldBeSameAs(thrown);

        var told = code is null ? "null" : $"\"{code}\"";
        (await database.OutcomeAsync(_call)).ShouldBe(
            $$"""{"outcome":"{{outcome}}","code":{{told}},"units":{{units}}}"""
        );
    }

    [Fact]
    public async Task Every_kind_of_failure_has_its_line_above() =>
        Enum.GetValues<ProviderFailure>()
            .Length.ShouldBe(
                typeof(RecordedCallsTests)
                    .GetMethod(nameof(A_failure_is_recorded_with_what_it_costs_and_goes_on))!
                    .GetCustomAttributes(typeof(InlineDataAttribute), false)
                    .Length
            );

    [Fact]
    public async Task What_nobody_foresaw_may_have_been_spent()
    {
        await Should.ThrowAsync<InvalidTimeZoneException>(() =>
            database.Calls().AskAsync<int>(_call, _ => throw new InvalidTimeZoneException(), Cancel)
        );

        (await database.OutcomeAsync(_call)).ShouldBe(Unknown);
    }

    [Fact]
    public async Task A_call_that_is_cut_off_by_its_host_is_unknown_at_once()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        await Should.ThrowAsync<OperationCanceledException>(() =>
            database
                .Calls()
                .AskAsync(
                    _call,
                    async patience =>
                    {
                        await stop.CancelAsync();
                        patience.ThrowIfCancellationRequested();
                        return 1;
                    },
                    stop.Token
                )
        );

        (await database.OutcomeAsync(_call)).ShouldBe(Unknown);
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_in_time_is_not_waited_for()
    {
        var late = await Should.ThrowAsync<ProviderException>(() =>
            database
                .Calls(limit: TimeSpan.FromMilliseconds(100))
                .AskAsync(_call, patience => new TaskCompletionSource<int>().Task.WaitAsync(patience), Cancel)
        );

        late.Failure.ShouldBe(ProviderFailure.UnknownOutcome);
        late.IsTransient.ShouldBeTrue();
        (await database.OutcomeAsync(_call)).ShouldBe(Unknown);
    }

    [Fact]
    public async Task A_success_commits_with_what_came_of_it_or_not_at_all()
    {
        await database.Calls().AskAsync(_call, _ => Task.FromResult(1), Cancel);
        var other = CallsDatabase.NewCall();

        (
            await BillingDatabase.RefusalOfAsync(() =>
                SaveAsync(session =>
                {
                    RecordedCalls.Succeeded(session, _call);
                    RecordedCalls.Succeeded(session, other); // which nobody made
                })
            )
        ).ShouldBe("call_ends_a_call");
        (await database.OutcomeAsync(_call)).ShouldBeNull();

        await SaveAsync(session => RecordedCalls.Succeeded(session, _call));
        (await database.OutcomeAsync(_call)).ShouldBe(Succeeded);
    }

    [Fact]
    public async Task A_call_ends_once()
    {
        await Should.ThrowAsync<ProviderException>(() =>
            database
                .Calls()
                .AskAsync<int>(_call, _ => throw new ProviderException("flite", ProviderFailure.Busy, "No."), Cancel)
        );
        var first = await database.OutcomeAsync(_call);

        (
            await BillingDatabase.RefusalOfAsync(() => SaveAsync(session => RecordedCalls.Succeeded(session, _call)))
        ).ShouldBe("call_ended_once");
        await database.Calls().SucceededAsync(_call);

        (await database.OutcomeAsync(_call)).ShouldBe(first);
    }

    [Fact]
    public async Task A_success_can_be_recorded_by_itself()
    {
        await database.Calls().AskAsync(_call, _ => Task.FromResult(1), Cancel);
        await using (var session = OpenWorker())
            (await RecordedCalls.NotSucceededAsync(session, [_call.Id], Cancel)).ShouldBe([_call.Id]);

        await database.Calls().SucceededAsync(_call);

        (await database.OutcomeAsync(_call)).ShouldBe(Succeeded);
        await using var again = OpenWorker();
        (await RecordedCalls.NotSucceededAsync(again, [_call.Id], Cancel)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("select 1 from billing.provider_calls", false)]
    [InlineData("select 1 from billing.provider_call_ends", false)]
    [InlineData("update billing.provider_calls set units = 0", true)]
    [InlineData("update billing.provider_call_ends set outcome = 'failed', code = 'busy'", true)]
    [InlineData("delete from billing.provider_calls", true)]
    [InlineData("delete from billing.provider_call_ends", true)]
    public async Task Requests_see_none_and_nobody_changes_one(string sql, bool asWorker)
    {
        await using var session = asWorker ? OpenWorker() : database.Open(_call.Workspace!.Value);

        (await Should.ThrowAsync<PostgresException>(() => session.QueryAsync(sql, _ => 1, Cancel))).SqlState.ShouldBe(
            PostgresErrorCodes.InsufficientPrivilege
        );
    }

    private Session OpenWorker() =>
        database.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.Empty));

    private async Task SaveAsync(Action<Session> work)
    {
        await using var session = OpenWorker();
        work(session);
        await session.SaveChangesAsync(Cancel);
    }
}
