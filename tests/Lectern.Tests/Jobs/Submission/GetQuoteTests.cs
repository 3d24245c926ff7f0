using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Submission;

[Collection(SubmissionCollection.Name)]
public sealed class GetQuoteTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_quote_tells_amounts_lines_and_times_and_holds_nothing()
    {
        var text = Page(0);

        var quote = await QuoteAsync(new { text });

        ((int)quote["characters"]!).ShouldBe(text.Length);
        var line = quote["lines"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)line["provider"]!, (string)line["voiceClass"]!).ShouldBe(("flite", "standard"));
        ((long)line["free"]!, (long)line["included"]!, (long)line["paid"]!).ShouldBe((0, 0, text.Length));
        Credits(quote, "high").ShouldBe(text.Length * 0.00002m);
        quote["basis"]!.ToJsonString().ShouldBe("""{"code":"default","jobs":0}""");
        InOrder(quote, "audioMinutes");
        InOrder(quote, "secondsToMake");
        (
            Credits(quote, "low") <= Credits(quote, "expected") && Credits(quote, "expected") < Credits(quote, "high")
        ).ShouldBeTrue();
        (await _jane.AvailableAsync()).ShouldBe(20);
        (await _jane.JsonAsync("/jobs"))["items"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_small_job_costs_the_minimum_and_is_charged_its_share_of_it()
    {
        var quote = await QuoteAsync(new { text = "So it is." });

        ((string)quote["high"]!).ShouldBe("0.001");
        ((string)quote["minimum"]!).ShouldBe("0.001");
        ((string)quote["lines"]![0]!["high"]!).ShouldBe("0.00018");
        ((string)(await _jane.MakeAsync("So it is."))["charged"]!).ShouldBe("0.001");
    }

    [Fact]
    public async Task Estimates_are_taken_from_the_workspaces_own_audiobooks_of_a_similar_length()
    {
        var played = new List<double>();
        var charged = new List<decimal>();
        for (var page = 1; page <= 3; page++)
        {
            var job = await _jane.MakeAsync(Page(page));
            played.Add((double)job["result"]!["durationMs"]! / 60_000);
            charged.Add(Credits(job, "charged"));
        }

        var quote = await QuoteAsync(new { text = Page(4) });

        quote["basis"]!.ToJsonString().ShouldBe("""{"code":"measured","jobs":3}""");
        foreach (var bound in new[] { "low", "expected", "high" })
            ((double)quote["audioMinutes"]![bound]!).ShouldBeInRange(played.Min() - 0.01, played.Max() + 0.01);
        InOrder(quote, "audioMinutes");
        InOrder(quote, "secondsToMake");
        Credits(quote, "expected").ShouldBe(charged.Order().ElementAt(1), 0.00005m);
        // A job of another length, by another provider, or in another workspace has other estimates.
        (await BasisAsync(_jane, new { text = string.Concat(Enumerable.Range(10, 20).Select(Page)) })).ShouldBe(
            "default"
        );
        (await BasisAsync(_jane, new { text = "Short." })).ShouldBe("default");
        (await BasisAsync(await host.SignUpAsync(), new { text = Page(4) })).ShouldBe("default");
    }

    // Of one length each, and none with a sentence of another.
    private static string Page(int number) =>
        string.Join(' ', Enumerable.Range(0, 12).Select(i => $"On page {100 + number} there was a line {100 + i}."));

    private static void InOrder(JsonNode quote, string name)
    {
        var (low, expected, high) = (
            (double)quote[name]!["low"]!,
            (double)quote[name]!["expected"]!,
            (double)quote[name]!["high"]!
        );
        low.ShouldBeGreaterThan(0, name);
        (low <= expected && expected <= high).ShouldBeTrue(name);
    }

    private async Task<JsonNode> QuoteAsync(object body, Person? person = null)
    {
        using var answer = await (person ?? _jane).SendAsync(
            HttpMethod.Post,
            "/quotes",
            JsonContent.Create(body, body.GetType())
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private async Task<string> BasisAsync(Person person, object body) =>
        (string)(await QuoteAsync(body, person))["basis"]!["code"]!;

    private static decimal Credits(JsonNode node, string name) =>
        decimal.Parse((string)node[name]!, CultureInfo.InvariantCulture);
}
