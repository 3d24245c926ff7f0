using System.Net;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Ending;

[Collection(JobsHostCollection.Name)]
public sealed class CancelJobTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_running_job_stops_releases_its_credits_and_then_can_not_be_cancelled_again()
    {
        using var gate = host.Engine.StopAt("windmill");
        var id = await _jane.SubmitAsync("# One\n\nThe windmill stands still.\n\n# Two\n\nIt was never said.\n");
        await gate.Reached;

        using var first = await _jane.CancelAsync(id);
        using var twice = await _jane.CancelAsync(id);
        first.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        ((bool)(await first.JsonAsync())["stopping"]!).ShouldBeTrue();
        twice.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        ((bool)(await _jane.JobAsync(id))["stopping"]!).ShouldBeTrue();
        gate.Open();

        var job = await _jane.UntilAsync(id, "cancelled");
        ((bool)job["stopping"]!).ShouldBeFalse();
        ((string)job["charged"]!).ShouldBe("0");
        ((string)job["held"]!).ShouldBe("0");
        (await _jane.AvailableAsync()).ShouldBe(20);
        (await _jane.EventsAsync(id)).Count(e => e == "jobs.job_cancellation_requested.v1").ShouldBe(1);
        using var ended = await _jane.CancelAsync(id);
        (await ended.RefusalAsync()).ShouldBe("409 already-ended");
    }

    [Fact]
    public async Task A_pending_job_is_cancelled_at_once()
    {
        using var gate = host.Engine.StopAt("tower");
        var running = new List<string>();
        for (var i = 0; i < JobsHost.Places; i++)
            running.Add(await _jane.SubmitAsync($"Tower number {i}."));
        foreach (var other in running)
            await _jane.UntilAsync(other, "running");
        var id = await _jane.SubmitAsync("The last tower.");

        using var answer = await _jane.CancelAsync(id);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var body = await answer.JsonAsync();
        ((string)body["status"]!).ShouldBe("cancelled");
        ((bool)body["stopping"]!).ShouldBeFalse();
        ((string)(await _jane.JobAsync(id))["status"]!).ShouldBe("cancelled");
        gate.Open();
        foreach (var other in running)
            await _jane.UntilAsync(other, "completed");
    }

    [Fact]
    public async Task A_completed_job_can_not_be_cancelled()
    {
        var id = (string)(await _jane.MakeAsync("Done."))["id"]!;

        using var refused = await _jane.CancelAsync(id);

        (await refused.RefusalAsync()).ShouldBe("409 already-ended");
    }

    [Fact]
    public async Task What_was_listened_to_before_is_charged()
    {
        using var gate = host.Engine.StopAt("waterfall");
        const string text = "# One\n\nListen to this.\n\n# Two\n\nThe waterfall is far away.\n";
        var id = await _jane.SubmitAsync(text);
        using (var answer = await _jane.GetAsync($"/jobs/{id}/stream"))
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(new byte[2_000], TestContext.Current.CancellationToken);
            // The mark is set once a segment was sent; the first chapter has two, its heading and its sentence.
            await Eventually.IsAsync(
                () =>
                    host.ScalarAsync<long>(
                        "select count(*) from jobs.segments where job_id = $1 and delivered_at is not null",
                        Person.IdOf(id)
                    ),
                delivered => delivered == 2,
                "the first chapter counts as delivered"
            );
        }

        using var cancelled = await _jane.CancelAsync(id);
        gate.Open();

        var job = await _jane.UntilAsync(id, "cancelled");
        var charged = decimal.Parse((string)job["charged"]!, System.Globalization.CultureInfo.InvariantCulture);
        charged.ShouldBeInRange(0.0001m, text.Length * 0.00002m / 2);
        (await _jane.AvailableAsync()).ShouldBe(20 - charged);
    }
}
