using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Jobs.Ending;

/// <summary>What it costs to go on with a job: what was paid before is not held for again.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class RetryQuoteTests(JobsHost host) : IAsyncLifetime
{
    // Each heading and each sentence is a chunk.
    private const string First = "A first long sentence that somebody listens to, and therefore pays.";
    private const string Second = "The waterfall, which comes later, roars on and on and on.";
    private const string Text = $"# One\n\n{First}\n\n# Two\n\n{Second}\n";

    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_retry_is_held_for_what_is_not_paid_and_both_runs_cost_as_much_as_one_that_went_well()
    {
        var (id, paid) = await HalfPaidAsync();

        var quote = await QuoteAsync(id);
        var line = quote["lines"]!.AsArray().ShouldHaveSingleItem()!;
        ((int)quote["characters"]!).ShouldBe(Text.Length);
        var free = (long)line["free"]!;
        free.ShouldBe("One".Length + First.Length);
        ((long)line["paid"]!).ShouldBe(Text.Length - free);
        Credits(quote, "high").ShouldBe((Text.Length - free) * 0.00002m);
        ((double)quote["secondsToMake"]!["high"]!).ShouldBeGreaterThan(0);
        paid.ShouldBe(free * 0.00002m);

        using var retried = await _jane.SendAsync(
            HttpMethod.Post,
            $"/jobs/{id}/retry",
            JsonContent.Create(new { quote = (string)quote["id"]! }),
            ("Idempotency-Key", "again")
        );

        retried.StatusCode.ShouldBe(HttpStatusCode.Accepted, await retried.Content.ReadAsStringAsync(Cancel));
        Credits(await retried.JsonAsync(), "held").ShouldBe(Credits(quote, "high"));
        var job = await CompletedAsync(id);
        Credits(job, "charged").ShouldBe(("OneTwo".Length + First.Length + Second.Length) * 0.00002m);
        (await _jane.AvailableAsync()).ShouldBe(20 - Credits(job, "charged"));

        using var repeat = await _jane.SendAsync(
            HttpMethod.Post,
            $"/jobs/{id}/retry",
            JsonContent.Create(new { quote = (string)quote["id"]! }),
            ("Idempotency-Key", "again")
        );
        (await repeat.Content.ReadAsStringAsync(Cancel)).ShouldBe(await retried.Content.ReadAsStringAsync(Cancel));
        foreach (var check in host.Services.GetServices<IAuditCheck>().Where(c => c.Name.StartsWith("billing.")))
            (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty(check.Name);
    }

    [Fact]
    public async Task A_retry_without_a_quote_is_held_for_the_same()
    {
        var (id, _) = await HalfPaidAsync();
        var quote = await QuoteAsync(id);

        using var retried = await _jane.RetryAsync(id);

        Credits(await retried.JsonAsync(), "held").ShouldBe(Credits(quote, "high"));
        await CompletedAsync(id);
    }

    [Fact]
    public async Task A_retry_costs_nothing_for_what_another_job_has_paid_meanwhile()
    {
        const string text = "The glacier is unspeakable.";
        string id;
        using (host.Engine.FailFor("glacier", ProviderFailure.ContentRefused, Task.CompletedTask))
        {
            id = await _jane.SubmitAsync(text);
            await _jane.UntilAsync(id, "failed");
        }

        Credits(await QuoteAsync(id), "high").ShouldBe(0.001m);
        await _jane.MakeAsync(text);

        var quote = await QuoteAsync(id);

        foreach (var amount in new[] { "low", "expected", "high" })
            ((string)quote[amount]!).ShouldBe("0");
        ((long)quote["lines"]![0]!["free"]!).ShouldBe(text.Length);
        using var retried = await RetryAsync(id, (string)quote["id"]!);
        Credits(await retried.JsonAsync(), "held").ShouldBe(0);
        Credits(await CompletedAsync(id), "charged").ShouldBe(0);
        (await _jane.AvailableAsync()).ShouldBe(19.999m);
    }

    [Fact]
    public async Task A_quote_for_a_retry_is_good_for_that_run_of_that_job_and_once()
    {
        // Both places are taken, so that other jobs wait and are cancelled at once.
        using var gate = host.Engine.StopAt("meadow");
        foreach (var place in Enumerable.Range(0, JobsHost.Places))
            await _jane.UntilAsync(await _jane.SubmitAsync($"Meadow number {place}."), "running");
        var (first, second) = (await CancelledAsync("A brook."), await CancelledAsync("Another brook."));
        var quote = (string)(await QuoteAsync(first))["id"]!;
        var text = (string)(await QuoteTextAsync("A brook."))["id"]!;

        foreach (
            var (job, id, reason) in new[]
            {
                (second, quote, "made-for-something-else"),
                (first, text, "made-for-something-else"),
                (first, PublicId.Format("quote", Guid.CreateVersion7()), "unknown"),
            }
        )
        {
            using var refused = await RetryAsync(job, id);
            (await refused.RefusalAsync()).ShouldBe("409 quote-not-valid");
            var problem = await refused.JsonAsync();
            ((string)problem["reason"]!).ShouldBe(reason);
            ((string)problem["quote"]!["id"]!).ShouldStartWith("quote_");
            ((string)(await _jane.JobAsync(job))["status"]!).ShouldBe("cancelled");
        }

        using var taken = await RetryAsync(first, quote);
        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted, await taken.Content.ReadAsStringAsync(Cancel));
        using (await _jane.CancelAsync(first)) { }
        using var again = await RetryAsync(first, quote);
        (await again.RefusalAsync()).ShouldBe("409 quote-not-valid");
        ((string)(await again.JsonAsync())["reason"]!).ShouldBe("already-accepted");
        using var running = await RetryAsync(second, quote);
        (await running.RefusalAsync()).ShouldBe("409 quote-not-valid");
        ((string)(await running.JsonAsync())["reason"]!).ShouldBe("already-accepted");
    }

    [Theory]
    [InlineData("""{"quotes":"quote_x"}""", "422 invalid-values")]
    [InlineData("""{"quote":7}""", "422 invalid-values")]
    [InlineData("""{"quote":""", "400 malformed-request")]
    public async Task A_retry_takes_nothing_but_a_quote(string body, string refusal)
    {
        using var answer = await _jane.SendAsync(
            HttpMethod.Post,
            $"/jobs/{PublicId.Format("job", Guid.CreateVersion7())}/retry",
            new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
            ("Idempotency-Key", "any")
        );

        (await answer.RefusalAsync()).ShouldBe(refusal);
    }

    [Fact]
    public async Task Only_an_own_job_that_failed_or_was_cancelled_can_be_quoted_for()
    {
        var complete = (string)(await _jane.MakeAsync("It is done."))["id"]!;
        var john = await host.SignUpAsync();
        using var gate = host.Engine.StopAt("valley");
        var foreign = await john.SubmitAsync("A valley.");
        await gate.Reached;
        using (await john.CancelAsync(foreign)) { }
        gate.Open();
        await john.UntilAsync(foreign, "cancelled");

        foreach (
            var (id, refusal) in new[]
            {
                (complete, "409 not-retryable"),
                (foreign, "404 not-found"),
                (PublicId.Format("job", Guid.CreateVersion7()), "404 not-found"),
                ("job_x", "404 not-found"),
            }
        )
        {
            using var answer = await PostQuoteAsync(new { job = id });
            (await answer.RefusalAsync()).ShouldBe(refusal);
        }
    }

    /// <summary>A job that was cancelled when its first chapter had been listened to; what that cost.</summary>
    private async Task<(string Id, decimal Paid)> HalfPaidAsync()
    {
        using var gate = host.Engine.StopAt("waterfall");
        var id = await _jane.SubmitAsync(Text);
        using (var answer = await _jane.GetAsync($"/jobs/{id}/stream"))
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(Cancel);
            await stream.ReadExactlyAsync(new byte[2_000], Cancel);
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

        using (await _jane.CancelAsync(id)) { }
        gate.Open();
        return (id, Credits(await _jane.UntilAsync(id, "cancelled"), "charged"));
    }

    private async Task<string> CancelledAsync(string text)
    {
        var id = await _jane.SubmitAsync(text);
        using (await _jane.CancelAsync(id)) { }
        await _jane.UntilAsync(id, "cancelled");
        return id;
    }

    private Task<JsonNode> CompletedAsync(string id) =>
        Eventually.IsAsync(
            () => _jane.JobAsync(id),
            job => (string)job["status"]! == "completed",
            "the second run is complete"
        );

    private Task<HttpResponseMessage> RetryAsync(string id, string quote) =>
        _jane.SendAsync(
            HttpMethod.Post,
            $"/jobs/{id}/retry",
            JsonContent.Create(new { quote }),
            ("Idempotency-Key", Guid.NewGuid().ToString())
        );

    private Task<HttpResponseMessage> PostQuoteAsync(object body) =>
        _jane.SendAsync(HttpMethod.Post, "/quotes", JsonContent.Create(body, body.GetType()));

    private Task<JsonNode> QuoteAsync(string job) => QuotedAsync(new { job });

    private Task<JsonNode> QuoteTextAsync(string text) => QuotedAsync(new { text });

    private async Task<JsonNode> QuotedAsync(object body)
    {
        using var answer = await PostQuoteAsync(body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
        return await answer.JsonAsync();
    }

    private static decimal Credits(JsonNode node, string name) =>
        decimal.Parse((string)node[name]!, CultureInfo.InvariantCulture);
}
