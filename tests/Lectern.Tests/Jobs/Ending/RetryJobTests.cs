using System.Net;
using Lectern.Providers;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Ending;

[Collection(JobsHostCollection.Name)]
public sealed class RetryJobTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_failed_job_goes_on_where_it_stopped()
    {
        const string text = "# One\n\nThis goes well.\n\n# Two\n\nThe volcano is unspeakable.\n";
        string id;
        int done;
        var othersDone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (host.Engine.FailFor("volcano", ProviderFailure.ContentRefused, othersDone.Task))
        {
            id = await _jane.SubmitAsync(text);
            await Eventually.IsAsync(
                () => _jane.JobAsync(id),
                job =>
                    (int)job["chunks"]!["total"]! > 0
                    && (int)job["chunks"]!["done"]! == (int)job["chunks"]!["total"]! - 1,
                "all chunks but one are done"
            );
            othersDone.SetResult();
            var failed = await _jane.UntilAsync(id, "failed");
            ((string)failed["error"]!["step"]!).ShouldBe("synthesize");
            ((string)failed["error"]!["code"]!).ShouldBe("provider-content-refused");
            ((string)failed["error"]!["detail"]!).ShouldContain("Change the passage");
            ((string)failed["charged"]!).ShouldBe("0");
            (await _jane.AvailableAsync()).ShouldBe(20);
            done = (int)failed["chunks"]!["done"]!;
            done.ShouldBeLessThan((int)failed["chunks"]!["total"]!);
        }

        var before = Spoken();
        using var retried = await _jane.RetryAsync(id, "again");
        using var repeat = await _jane.RetryAsync(id, "again");
        retried.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        repeat.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await repeat.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(
            await retried.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );

        var job = await _jane.UntilAsync(id, "completed");
        ((int)job["run"]!).ShouldBe(2);
        job["error"].ShouldBeNull();
        var total = (int)job["chunks"]!["total"]!;
        (Spoken() - before).ShouldBe(total - done);
        (await _jane.EventsAsync(id)).Count(e => e == "jobs.job_reopened.v1").ShouldBe(1);
        using var ended = await _jane.RetryAsync(id);
        (await ended.RefusalAsync()).ShouldBe("409 not-retryable");

        int Spoken() => host.Engine.SpokenWith("goes well", "volcano").Count;
    }

    [Fact]
    public async Task A_cancelled_job_can_be_taken_up_again()
    {
        using var gate = host.Engine.StopAt("harvest");
        var id = await _jane.SubmitAsync("The harvest was good.");
        await gate.Reached;
        using var running = await _jane.RetryAsync(id);
        (await running.RefusalAsync()).ShouldBe("409 not-retryable");
        using var cancelled = await _jane.CancelAsync(id);
        gate.Open();
        await _jane.UntilAsync(id, "cancelled");

        using var retried = await _jane.RetryAsync(id);

        retried.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.IsAsync(
            () => _jane.JobAsync(id),
            job => (string)job["status"]! == "completed",
            "the second run is complete"
        );
    }

    [Fact]
    public async Task A_retry_needs_a_key()
    {
        var id = (string)(await _jane.MakeAsync("All is well."))["id"]!;

        using var refused = await _jane.SendAsync(HttpMethod.Post, $"/jobs/{id}/retry");

        (await refused.RefusalAsync()).ShouldBe("400 idempotency-key-missing");
    }
}
