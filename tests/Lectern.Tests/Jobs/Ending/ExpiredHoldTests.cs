using System.Net;
using Lectern.Billing.Watch;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Jobs.Ending;

/// <summary>A job that hangs for so long that its hold expires, and what the audit says of holds and charges.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class ExpiredHoldTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_running_job_fails_costs_nothing_undelivered_and_can_be_taken_up_again()
    {
        using var gate = host.Engine.StopAt("glacier");
        var id = await _jane.SubmitAsync("The glacier takes its time.");
        await gate.Reached;

        await ExpireAsync(id);

        var failed = await _jane.UntilAsync(id, "failed");
        ((string)failed["error"]!["code"]!).ShouldBe("hold-expired");
        ((string)failed["charged"]!).ShouldBe("0");
        (await _jane.AvailableAsync()).ShouldBe(20);
        gate.Open();
        (await _jane.RetryAsync(id)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.IsAsync(
            () => _jane.JobAsync(id),
            job => (string)job["status"]! == "completed",
            "the retry completes"
        );
        (await BreachesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_that_still_waits_is_cancelled()
    {
        using var gate = host.Engine.StopAt("tundra");
        for (var place = 0; place < JobsHost.Places; place++)
            await _jane.SubmitAsync($"The tundra is wide, {place}.");
        await gate.Reached;
        var id = await _jane.SubmitAsync("This one waits.");

        await ExpireAsync(id);

        await _jane.UntilAsync(id, "cancelled");
        (await BreachesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_hold_that_has_not_expired_is_left_alone()
    {
        using var gate = host.Engine.StopAt("steppe");
        var id = await _jane.SubmitAsync("The steppe is dry.");
        await gate.Reached;

        await WatchAsync();

        gate.Open();
        await _jane.UntilAsync(id, "completed");
    }

    [Fact]
    public async Task The_audit_finds_a_charge_that_is_no_capture_and_a_live_job_without_its_hold()
    {
        await _jane.MakeAsync("This was paid.");
        using var gate = host.Engine.StopAt("prairie");
        var live = await _jane.SubmitAsync("The prairie is green.");
        await gate.Reached;
        (await BreachesAsync()).ShouldBeEmpty();

        const string damage = """
            update billing.hold_ends set captured = captured - 1 where workspace_id = $1 and captured > 0
            """;
        await host.ExecuteAsync(damage, _jane.Workspace);
        (await BreachesAsync()).ShouldContain(breach => breach.StartsWith("jobs.charges_are_captures"));
        await host.ExecuteAsync(damage.Replace("- 1", "+ 1", StringComparison.Ordinal), _jane.Workspace);

        await host.ExecuteAsync("delete from billing.open_holds where workspace_id = $1", _jane.Workspace);
        (await BreachesAsync()).ShouldContain(breach => breach.StartsWith("jobs.holds_follow_jobs"));
        await host.ExecuteAsync(
            """
            insert into billing.open_holds select h.id, h.wallet_id, h.workspace_id, h.job_id, h.run, h.amount, h.held_at, h.expires_at
            from billing.holds h where h.workspace_id = $1 and not exists (select from billing.hold_ends where hold_id = h.id)
            """,
            _jane.Workspace
        );
        (await BreachesAsync()).ShouldBeEmpty();
        gate.Open();
        await _jane.UntilAsync(live, "completed");
    }

    private async Task ExpireAsync(string job)
    {
        await host.ExecuteAsync("update billing.open_holds set expires_at = now() where job_id = $1", Person.IdOf(job));
        await WatchAsync();
    }

    private Task WatchAsync() => host.Services.GetRequiredService<WalletWatch>().PassAsync(Cancel);

    /// <summary>Of this test's workspace and job, for others run on the same host.</summary>
    private async Task<List<string>> BreachesAsync()
    {
        var breaches = new List<string>();
        foreach (
            var check in host
                .Services.GetServices<IAuditCheck>()
                .Where(c => c.Name.StartsWith("jobs.c") || c.Name.StartsWith("jobs.holds"))
        )
            breaches.AddRange((await check.FindBreachesAsync(Cancel)).Select(breach => $"{check.Name}: {breach}"));
        return breaches;
    }
}
