using Lectern.Jobs.Audit;
using Lectern.Providers;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Jobs.Audiobook;

/// <summary>Nothing is spoken but by a call that was on record before, and whose outcome is after.</summary>
[Collection(AudiobookCollection.Name)]
public sealed class SpeechIsRecordedTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task While_the_engine_works_its_call_is_on_record_and_afterwards_its_outcome()
    {
        using var gate = host.Engine.StopAt("lighthouse");
        var id = await _jane.SubmitAsync("The lighthouse is dark.");
        await gate.Reached;

        (await CallsAsync(id)).ShouldBe("flite flite-slt chunk 0: 23 character, open");

        gate.Open();
        await _jane.UntilAsync(id, "completed");
        (await CallsAsync(id)).ShouldBe("flite flite-slt chunk 0: 23 character, succeeded 23");
        (
            await host.ScalarAsync<long>(
                """
                select count(*) from jobs.audio a join billing.provider_calls c on c.id = a.call_id
                where a.workspace_id = $1 and c.workspace_id = $1 and c.job_id = $2 and c.chunk = 0
                """,
                _jane.Workspace,
                Person.IdOf(id)
            )
        ).ShouldBe(1);
    }

    [Theory]
    [InlineData(ProviderFailure.Outage, "failed:outage 0")]
    [InlineData(ProviderFailure.BadAnswer, "failed:bad_answer 25")]
    [InlineData(ProviderFailure.UnknownOutcome, "unknown 25")]
    public async Task Another_try_is_another_call(ProviderFailure failure, string outcome)
    {
        using var rule = host.Engine.FailOnceFor("hurricane", failure);

        var job = await _jane.MakeAsync("The hurricane has passed.");

        (await CallsAsync((string)job["id"]!)).ShouldBe(
            $"flite flite-slt chunk 0: 25 character, {outcome}; flite flite-slt chunk 0: 25 character, succeeded 25"
        );
    }

    [Theory]
    [InlineData(ProviderFailure.QuotaExhausted, "quota_exhausted")]
    [InlineData(ProviderFailure.KeyRefused, "key_refused")]
    [InlineData(ProviderFailure.ContentRefused, "content_refused")]
    [InlineData(ProviderFailure.BadInput, "bad_input")]
    public async Task A_refusal_that_can_not_pass_is_one_call_that_cost_nothing(ProviderFailure failure, string code)
    {
        using var rule = host.Engine.FailFor("basilisk", failure, Task.CompletedTask);

        var id = await _jane.SubmitAsync("A basilisk looks.");

        await _jane.UntilAsync(id, "failed");
        (await CallsAsync(id)).ShouldBe($"flite flite-slt chunk 0: 17 character, failed:{code} 0");
    }

    [Fact]
    public async Task What_was_spoken_but_could_not_be_kept_has_succeeded_all_the_same()
    {
        using var gate = host.Engine.StopAt("monolith");
        var id = await _jane.SubmitAsync("The monolith is locked.");
        await gate.Reached;
        await using var source = NpgsqlDataSource.Create(host.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(Cancel);
        await using var blocking = await connection.BeginTransactionAsync(Cancel);
        await using (var locking = new NpgsqlCommand("lock table jobs.audio in exclusive mode", connection, blocking))
            await locking.ExecuteNonQueryAsync(Cancel);

        gate.Open();
        await Eventually.IsAsync(
            () => CallsAsync(id),
            calls => calls.StartsWith("flite flite-slt chunk 0: 23 character, succeeded 23"),
            "the first call has succeeded"
        );
        (await _jane.JobAsync(id))["chunks"]!["done"]!.GetValue<int>().ShouldBe(0);
        await blocking.RollbackAsync(Cancel);

        await _jane.UntilAsync(id, "completed");
        (await CallsAsync(id)).ShouldBe(
            string.Join("; ", Enumerable.Repeat("flite flite-slt chunk 0: 23 character, succeeded 23", 2))
        );
    }

    [Fact]
    public async Task What_is_known_is_no_call()
    {
        const string text = "Nobody says this twice.";
        await _jane.MakeAsync(text);

        var again = await _jane.MakeAsync(text);

        (await CallsAsync((string)again["id"]!)).ShouldBe("");
    }

    [Fact]
    public async Task What_a_deleted_job_has_cost_stays_on_record()
    {
        var id = (string)(await _jane.MakeAsync("Costs stay when words go."))["id"]!;
        using var deleted = await _jane.DeleteAsync(id);
        await Eventually.IsAsync(
            () => host.ScalarAsync<long>("select count(*) from jobs.audio where workspace_id = $1", _jane.Workspace),
            audio => audio == 0,
            "the audio is deleted"
        );

        (await CallsAsync(id)).ShouldBe("flite flite-slt chunk 0: 25 character, succeeded 25");
    }

    [Fact]
    public async Task A_measurement_of_a_voice_is_a_call_of_nobodys_job() =>
        (
            await host.ScalarAsync<long>(
                """
                select count(*) from billing.provider_calls c join billing.provider_call_ends e on e.call_id = c.id
                where c.job_id is null and c.workspace_id is null and c.model = 'flite-slt' and e.outcome = 'succeeded'
                """
            )
        ).ShouldBe(1);

    [Fact]
    public async Task What_was_captured_names_its_provider()
    {
        var id = (string)(await _jane.MakeAsync("Somebody earns with this."))["id"]!;

        (
            await host.ScalarAsync<string>(
                """
                select data #>> '{delivered,provider}' from eventing.events
                where type = 'billing.credits_deducted.v1' and data ->> 'job' = $1
                """,
                Person.IdOf(id).ToString()
            )
        ).ShouldBe("flite");
    }

    [Fact]
    public async Task Audio_that_no_successful_call_gave_is_found_by_the_audit()
    {
        await _jane.MakeAsync("Where is this from?");
        var check = host.Services.GetServices<IAuditCheck>().OfType<AudioCameFromCalls>().Single();
        (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty();
        var (call, forged) = (
            await host.ScalarAsync<Guid>("select call_id from jobs.audio where workspace_id = $1", _jane.Workspace),
            Guid.CreateVersion7()
        );

        await PointAsync(forged);
        (await check.FindBreachesAsync(Cancel)).ShouldBe([
            $"there is audio from provider call {forged}, which has no success on record",
        ]);
        await PointAsync(call);

        Task PointAsync(Guid to) =>
            host.ExecuteAsync("update jobs.audio set call_id = $2 where workspace_id = $1", _jane.Workspace, to);
    }

    /// <summary>The calls for a job, in the order in which they were begun.</summary>
    private Task<string> CallsAsync(string job) =>
        host.ScalarAsync<string>(
            """
            select coalesce(string_agg(
                format('%s %s chunk %s: %s %s, %s', provider, model, chunk, c.units, unit,
                       coalesce(outcome || coalesce(':' || code, '') || ' ' || e.units, 'open')),
                '; ' order by started_at), '')
            from billing.provider_calls c left join billing.provider_call_ends e on e.call_id = c.id
            where job_id = $1
            """,
            Person.IdOf(job)
        );
}
